"""What the next scans are to look at: paths that changed or are to be looked at again, and when."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from gaze_pipeline.store.catalog.database import Database
from gaze_pipeline.store.catalog.files import BELOW, below


class Touched:
    """The table `touched`: a path and when to look at it, in seconds since the epoch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, paths: Iterable[Path], at: float) -> None:
        """Have what is at these paths, or below them, looked at; the sooner of two times counts."""
        with self._database.write() as db:
            _add(db, dict.fromkeys(paths, at))

    def due(self, now: float, at_most: int) -> list[Path]:
        """So many of the paths whose time has come, the longest due first."""
        rows = self._database.connection.execute(
            "SELECT path FROM touched WHERE at <= ? ORDER BY at, path LIMIT ?", (now, at_most)
        )
        return [Path(os.fsdecode(row["path"])) for row in rows]

    def done(self, paths: Iterable[Path], started: float, again: Mapping[Path, float]) -> None:
        """What is at these paths or below was looked at by a scan that started then.

        What was touched since stays due; `again` says what is to be looked at once more, and when.
        """
        with self._database.write() as db:
            db.executemany(
                f"DELETE FROM touched WHERE {BELOW} AND at <= ?",
                [(*below(path), started) for path in paths],
            )
            _add(db, again)


def _add(db: sqlite3.Connection, times: Mapping[Path, float]) -> None:
    db.executemany(
        "INSERT INTO touched VALUES (?, ?) ON CONFLICT DO UPDATE SET at = min(at, excluded.at)",
        [(os.fsencode(path), at) for path, at in times.items()],
    )
