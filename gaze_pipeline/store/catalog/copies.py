"""The catalog's knowledge of which videos share content, and by what each was compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import astuple

from gaze_pipeline.duplicates.families import Pair
from gaze_pipeline.store.catalog.database import Database, grow

_REACHED = "compared in snapshot"


class Copies:
    """The tables `copies`, a row a pair, and `compared`, a row a video."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pairs(self) -> list[Pair]:
        """The pairs of videos that share content, in order."""
        return _pairs(self._database.connection)

    def compared(self) -> dict[str, str]:
        """The source by which each video was compared with those before it."""
        rows = self._database.connection.execute("SELECT fingerprint, source FROM compared")
        return {row["fingerprint"]: row["source"] for row in rows}

    def record(self, sources: Mapping[str, str], pairs: Collection[Pair] = ()) -> None:
        """Note what videos were compared by and all that they share, in place of what was known of them.

        What no file holds any more is dropped: it must not come back by a comparison that was under way.
        The revision grows if the pairs are others now.
        """
        keys = [(fingerprint,) for fingerprint in sources]
        held = "SELECT fingerprint FROM files WHERE fingerprint NOT NULL"
        with self._database.write() as db:
            before = _pairs(db)
            db.executemany("DELETE FROM copies WHERE ?1 IN (longer, shorter)", keys)
            db.executemany("INSERT INTO copies VALUES (?, ?, ?, ?, ?)", map(astuple, pairs))
            db.executemany("INSERT OR REPLACE INTO compared VALUES (?, ?)", sources.items())
            db.execute(
                f"DELETE FROM copies WHERE longer NOT IN ({held}) OR shorter NOT IN ({held})"
            )
            db.execute(f"DELETE FROM compared WHERE fingerprint NOT IN ({held})")
            if _pairs(db) != before:
                grow(db)

    def reached(self) -> int | None:
        """The number of the snapshot up to which all videos were compared."""
        return self._database.counter(_REACHED)

    def reach(self, snapshot: int) -> None:
        """All videos of this snapshot that can be compared were."""
        self._database.set_counter(_REACHED, snapshot)


def _pairs(db: sqlite3.Connection) -> list[Pair]:
    return [Pair(*row) for row in db.execute("SELECT * FROM copies ORDER BY longer, shorter")]
