"""Whether the published snapshot can be searched, found out by reading it."""

from __future__ import annotations

from pathlib import Path

from gaze_pipeline.errors import GazeError
from gaze_pipeline.store import snapshot_files
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.snapshot_files import SnapshotInfo
from gaze_pipeline.store.snapshot_reader import Snapshot

_TABLES = "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal"


def flaw(paths: DataPaths, *, vectors: bool = True) -> str:
    """What is wrong with the published snapshot; empty when it is sound, or there is none yet.

    Its `vectors` can be left out: looking at them takes LanceDB, seconds and a hundred MiB to load.
    """
    info: SnapshotInfo | None = None
    try:
        info = snapshot_files.current(paths)
        found = _flaw(paths, info, vectors) if info is not None else ""
    except GazeError as error:
        found = f"{error.code.name} {Path(error.subject).name}"
    replaced = found and info is not None and _number(paths) not in (None, info.number)
    return flaw(paths, vectors=vectors) if replaced else found


def _number(paths: DataPaths) -> int | None:
    try:
        return snapshot_files.current_number(paths)
    except GazeError:
        return None


def _flaw(paths: DataPaths, info: SnapshotInfo, vectors: bool) -> str:
    snapshot = Snapshot(paths, info)
    if snapshot.rows("SELECT number FROM meta") != [(info.number,)]:
        return "its file is another's"
    for table, wanted in (
        ("videos", info.videos),
        ("segments", info.segments),
        ("frames", info.frames),
        ("texts", info.texts),
    ):
        found = snapshot.rows(f"SELECT count(*) FROM {table}")[0][0]
        if found != wanted:
            return f"{found} of {wanted} {table}"
    for schema, table in snapshot.rows(_TABLES):  # every block carries a checksum
        snapshot.rows(f"SELECT count(hash(t)) FROM {schema}.{table} t")
    if not vectors:
        return ""
    for reader, wanted in ((snapshot.vectors, info.vectors), (snapshot.meanings, info.meanings)):
        held = reader.check() if reader is not None else 0
        if held != wanted:
            return f"{held} of {wanted} vectors"
    return ""
