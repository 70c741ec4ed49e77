"""What the catalog knows of each library's folder: when it was looked through, and who watches it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.store.catalog.database import Database
from gaze_pipeline.store.catalog.processes import alive, this_process


@dataclass(frozen=True)
class LastScan:
    """The last time that a library was looked through: when (seconds since the epoch), and why not."""

    at: float
    offline: str


class Libraries:
    """The tables `scans` and `watches`. A library is named with its folder, which may be another one day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def scanned(self, library: str, folder: Path, offline: str | None, at: float) -> None:
        """A library was looked through; `offline` says why it could not be."""
        with self._database.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO scans VALUES (?, ?, ?, ?)",
                (library, os.fsencode(folder), at, offline or ""),
            )

    def names(self) -> set[str]:
        """The libraries that were ever looked through."""
        rows = self._database.connection.execute("SELECT library FROM scans")
        return {row["library"] for row in rows}

    def keep(self, libraries: Collection[str]) -> None:
        """Forget when other libraries than these were looked through."""
        with self._database.write() as db:
            for name in self.names() - set(libraries):
                db.execute("DELETE FROM scans WHERE library = ?", (name,))

    def last_scan(self, library: str, folder: Path) -> LastScan | None:
        """The last time that the library was looked through."""
        row = self._database.connection.execute(
            "SELECT * FROM scans WHERE library = ? AND path = ?", (library, os.fsencode(folder))
        ).fetchone()
        return LastScan(row["at"], row["offline"]) if row else None

    def watch(self, library: str, folder: Path, problem: str = "") -> None:
        """This process watches a library from now on, or cannot for that reason."""
        with self._database.write() as db:
            db.execute(
                "INSERT OR REPLACE INTO watches VALUES (?, ?, ?, ?, ?)",
                (library, os.fsencode(folder), *this_process(), problem),
            )

    def unwatch(self, libraries: Iterable[str]) -> None:
        """Nobody watches these libraries any more."""
        with self._database.write() as db:
            db.executemany(
                "DELETE FROM watches WHERE library = ?", [(library,) for library in libraries]
            )

    def unwatched(self, library: str, folder: Path) -> str | None:
        """Why changes in a library's folder are not told at once, or None where they are."""
        row = self._database.connection.execute(
            "SELECT * FROM watches WHERE library = ? AND path = ?", (library, os.fsencode(folder))
        ).fetchone()
        if row is None or not alive(row["pid"], row["pid_started"]):
            return "nothing watches it"
        return row["problem"] or None
