"""The videos that share content, as a snapshot carries them from one publication to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple
from typing import Any

import duckdb

from gaze_pipeline.duplicates.families import Family, Pair, Quality, families
from gaze_pipeline.duplicates.find import Copies
from gaze_pipeline.errors import GazeError
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store.paths import DataPaths

TABLES = """
CREATE TABLE copies (
    longer VARCHAR, shorter VARCHAR, offset_ms BIGINT, start_ms BIGINT, end_ms BIGINT
);
CREATE TABLE compared (fingerprint VARCHAR, source VARCHAR);
"""
_QUALITIES = """
SELECT fingerprint, any_value(duration_ms), coalesce(any_value(width * height), 0),
       coalesce(max(size) * 8000.0 / nullif(any_value(duration_ms), 0), 0),
       coalesce(any_value(recorded_at), any_value(added_at))
FROM videos JOIN files USING (fingerprint)
WHERE fingerprint IN (SELECT longer FROM copies UNION SELECT shorter FROM copies)
GROUP BY fingerprint
"""

Rows = Callable[[str, Mapping[str, Any] | None], list[Any]]


def known(paths: DataPaths) -> Copies:
    """What the published snapshot knows; nothing where there is none of the present layout."""
    try:
        info = files.current(paths)
        if info is None or info.layout != files.LAYOUT:
            return Copies()
        with files.connect(files.file_of(paths, info.number), read_only=True) as db:
            pairs = db.execute("FROM copies").fetchall()
            compared = db.execute("FROM compared").fetchall()
    except (GazeError, duckdb.Error):
        return Copies()
    return Copies(tuple(Pair(*row) for row in pairs), dict(compared))


def write(db: duckdb.DuckDBPyConnection, copies: Copies) -> None:
    """Create the tables of a new snapshot and fill them."""
    db.execute(TABLES)
    for pair in copies.pairs:
        db.execute("INSERT INTO copies VALUES (?, ?, ?, ?, ?)", astuple(pair))
    if copies.compared:
        keys, sources = zip(*sorted(copies.compared.items()), strict=True)
        db.execute("INSERT INTO compared SELECT unnest(?), unnest(?)", [list(keys), list(sources)])


def read_families(rows: Rows) -> list[Family]:
    """The originals with their copies; `rows` answers queries on the snapshot."""
    pairs = [Pair(*row) for row in rows("FROM copies", None)]
    if not pairs:
        return []
    return families(pairs, {key: Quality(*rest) for key, *rest in rows(_QUALITIES, None)})
