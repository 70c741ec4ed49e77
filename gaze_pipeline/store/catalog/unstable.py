"""The catalog's unstable files: seen, but still being written."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.store.catalog.database import Database
from gaze_pipeline.store.catalog.files import BELOW, below


@dataclass(frozen=True)
class UnstableFile:
    """A file that changes: how it is, and since when (seconds since the epoch, by our own clock)."""

    path: Path
    library: str
    size: int
    mtime_ns: int
    since: float


class Unstable:
    """The table `unstable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[UnstableFile]:
        """Every file that is waited for, in order of path."""
        rows = self._database.connection.execute("SELECT * FROM unstable ORDER BY path")
        return [
            UnstableFile(
                Path(os.fsdecode(row["path"])),
                row["library"],
                row["size"],
                row["mtime_ns"],
                row["since"],
            )
            for row in rows
        ]

    def keep(self, libraries: Collection[str]) -> None:
        """Wait for nothing in other libraries than these."""
        strangers = {file.library for file in self.all()} - set(libraries)
        with self._database.write() as db:
            db.executemany(
                "DELETE FROM unstable WHERE library = ?", [(name,) for name in strangers]
            )

    def replace(self, places: Iterable[Path], files: Iterable[UnstableFile]) -> None:
        """Write down what is unstable at these places or below them, in place of what was before."""
        with self._database.write() as db:
            db.executemany(f"DELETE FROM unstable WHERE {BELOW}", map(below, places))
            db.executemany(
                "INSERT OR REPLACE INTO unstable VALUES (?, ?, ?, ?, ?)",
                [
                    (os.fsencode(file.path), file.library, file.size, file.mtime_ns, file.since)
                    for file in files
                ],
            )
