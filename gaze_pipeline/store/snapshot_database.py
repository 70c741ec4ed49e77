"""The DuckDB file of a published snapshot, as it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy.typing as npt
import pyarrow as pa

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.snapshot_files import connect


class Database:
    """An open file. Any thread may ask."""

    def __init__(self, path: Path) -> None:
        """Raises GazeError(INDEX_CORRUPT)."""
        self._path = path
        try:
            self._db = connect(path, read_only=True)
            # The queries are so short that sharing one between threads costs more.
            self._db.execute("SET threads = 1")
            self._db.execute("SELECT number FROM meta").fetchone()
        except duckdb.Error as error:
            raise GazeError(ErrorCode.INDEX_CORRUPT, path, str(error)) from error

    def rows(
        self, query: str, values: Mapping[str, Any] | None = None, **tables: pa.Table
    ) -> list[Any]:
        """The rows of a query with named parameters; `tables` join in under their names.

        Raises GazeError(INDEX_CORRUPT) when the file cannot be read.
        """
        with self._asked(query, values, tables) as cursor:
            return cursor.fetchall()

    def arrays(
        self, query: str, values: Mapping[str, Any] | None = None
    ) -> dict[str, npt.NDArray[Any]]:
        """The columns of a query, which hold no NULL, by name. Raises as `rows` does."""
        with self._asked(query, values or {}, {}) as cursor:
            return cursor.fetchnumpy()

    @contextmanager
    def _asked(
        self, query: str, values: Mapping[str, Any] | None, tables: Mapping[str, pa.Table]
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with self._db.cursor() as cursor:
                for name, table in tables.items():
                    cursor.register(name, table)
                yield cursor.execute(query, values)
        except (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException) as error:
            raise GazeError(ErrorCode.INDEX_CORRUPT, self._path, str(error)) from error
