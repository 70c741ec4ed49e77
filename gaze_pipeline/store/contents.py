"""The text inside our stores' files, decompressed: what a search through their bytes cannot see."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from gaze_pipeline.store import snapshot_files
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.sqlite_files import read_only, tables
from gaze_pipeline.store.vector_reader import connect

_SPOKEN = {"segments", "dict", "transcript.parquet"}
_SQLITE = {".sqlite", ".db"}
_BATCH = 4096


@dataclass(frozen=True)
class Content:
    """Some text of a file, one value a line; `spoken` where transcripts are kept."""

    place: str
    text: bytes
    spoken: bool = False


def contents(path: Path) -> Iterator[Content]:
    """What a file says. A file that its format's reader cannot open says nothing here."""
    try:
        if path.suffix == ".parquet":
            yield from _parquet(path)
        elif path.suffix == ".duckdb":
            yield from _duckdb(path)
        elif path.suffix in _SQLITE:
            yield from _sqlite(path)
    except (pa.ArrowException, duckdb.Error, sqlite3.DatabaseError, OSError):
        return


def vector_contents(paths: DataPaths) -> Iterator[Content]:
    """What every version of every LanceDB table says."""
    if not paths.vectors.is_dir():
        return
    database = connect(paths)
    for path in sorted(paths.vectors.glob("*.lance")):
        table = database.open_table(path.stem)
        for version in [row["version"] for row in table.list_versions()]:
            table.checkout(version)
            named = [field.name for field in table.schema if _textual(field.type)]
            for batch in table.search().select(named).limit(None).to_batches():
                for name, column in zip(batch.schema.names, batch.columns, strict=True):
                    if text := _joined(column):
                        yield Content(f"{path.name} version {version} {name}", text)


def _parquet(path: Path) -> Iterator[Content]:
    with pq.ParquetFile(path) as file:
        named = [field.name for field in file.schema_arrow if _textual(field.type)]
        for batch in file.iter_batches(columns=named, use_threads=False):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                if text := _joined(column):
                    yield Content(f"{path.name} {name}", text, path.name in _SPOKEN)


def _duckdb(path: Path) -> Iterator[Content]:
    with snapshot_files.connect(path, read_only=True) as db:
        columns = db.execute(
            """SELECT schema_name, table_name, column_name FROM duckdb_columns()
               WHERE data_type IN ('VARCHAR', 'BLOB') AND NOT internal"""
        ).fetchall()
        for schema, table, column in columns:
            rows = db.execute(f'SELECT DISTINCT "{column}" FROM "{schema}"."{table}"')
            while values := [value for (value,) in rows.fetchmany(_BATCH)]:
                if table == "dict":  # a stem may equal a word that was never said
                    values = [value for value in values if "~" not in value]
                yield Content(f"{table}.{column}", _lines(values), table in _SPOKEN)


def _sqlite(path: Path) -> Iterator[Content]:
    with read_only(path) as db:
        for table in tables(db):
            db.text_factory = bytes
            rows = db.execute(f'SELECT * FROM "{table}"')
            while batch := rows.fetchmany(_BATCH):
                values = [_inflated(value) for row in batch for value in row]
                yield Content(table, _lines(values))


def _inflated(value: object) -> object:
    """Dagster keeps snapshots of its jobs as zlib streams."""
    if isinstance(value, bytes) and value[:1] == b"\x78":
        try:
            return zlib.decompress(value)
        except zlib.error:
            return value
    return value


def _lines(values: list[object]) -> bytes:
    return b"\n".join(
        value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        for value in values
        if isinstance(value, bytes | str)
    )


def _textual(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(_textual(kind.field(index).type) for index in range(kind.num_fields))
    if pa.types.is_list(kind):
        return _textual(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _joined(column: pa.Array) -> bytes:
    """The texts of a column, nested ones included."""
    if pa.types.is_list(column.type):
        return _joined(column.flatten())
    if pa.types.is_struct(column.type):
        return b"\n".join(filter(None, (_joined(part) for part in column.flatten())))
    if not _textual(column.type):
        return b""
    return _lines(column.unique().to_pylist())
