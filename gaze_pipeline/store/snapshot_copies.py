"""The videos that share content, as a snapshot tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from typing import Any

import duckdb

from gaze_pipeline.duplicates.families import Family, Pair, Quality, families

TABLE = """
CREATE TABLE copies (
    longer VARCHAR, shorter VARCHAR, offset_ms BIGINT, start_ms BIGINT, end_ms BIGINT
)
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


def write(db: duckdb.DuckDBPyConnection, pairs: Iterable[Pair]) -> None:
    """Create the table of a new snapshot and fill it with the pairs of published videos."""
    db.execute(TABLE)
    for pair in pairs:
        db.execute("INSERT INTO copies VALUES (?, ?, ?, ?, ?)", astuple(pair))
    published = "SELECT fingerprint FROM videos"
    db.execute(
        f"DELETE FROM copies WHERE longer NOT IN ({published}) OR shorter NOT IN ({published})"
    )


def read_families(rows: Rows) -> list[Family]:
    """The originals with their copies; `rows` answers queries on the snapshot."""
    pairs = [Pair(*row) for row in rows("FROM copies", None)]
    if not pairs:
        return []
    return families(pairs, {key: Quality(*rest) for key, *rest in rows(_QUALITIES, None)})
