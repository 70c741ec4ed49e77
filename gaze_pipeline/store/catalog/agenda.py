"""What the next scans are to look at: paths that changed or are to be looked at again, and when."""

from __future__ import annotations

import os
from collections.abc import Iterable
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
            db.executemany(
                """INSERT INTO touched VALUES (?, ?)
                   ON CONFLICT DO UPDATE SET at = min(at, excluded.at)""",
                [(os.fsencode(path), at) for path in paths],
            )

    def due(self, now: float, at_most: int) -> list[Path]:
        """So many of the paths whose time has come, the longest due first."""
        rows = self._database.connection.execute(
            "SELECT path FROM touched WHERE at <= ? ORDER BY at, path LIMIT ?", (now, at_most)
        )
        return [Path(os.fsdecode(row["path"])) for row in rows]

    def done(self, paths: Iterable[Path], started: float) -> None:
        """What is at these paths or below was looked at by a scan that started then.

        What was touched since stays due.
        """
        with self._database.write() as db:
            db.executemany(
                f"DELETE FROM touched WHERE {BELOW} AND at <= ?",
                [(*below(path), started) for path in paths],
            )
