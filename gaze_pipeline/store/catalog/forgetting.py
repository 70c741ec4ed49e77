"""The catalog's list of what is to be forgotten: written first, so that nothing is forgotten by half."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from gaze_pipeline.states import Status
from gaze_pipeline.store.catalog.database import Database


class Forgetting:
    """The table `forgetting`: a subject, which is a fingerprint or a library, and its traces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, subject: str, traces: str, paths: Sequence[Path]) -> None:
        """Write down what is to be forgotten; from now on no file holds it, and no page shows it."""
        with self._database.change() as db:
            db.execute(
                "INSERT OR REPLACE INTO forgetting VALUES (?, ?, ?)", (subject, traces, time.time())
            )
            db.execute("DELETE FROM files WHERE fingerprint = ?", (subject,))
            for table in ("files", "unstable", "touched"):
                db.executemany(
                    f"DELETE FROM {table} WHERE path = ?", [(os.fsencode(path),) for path in paths]
                )
        self._database.sync()

    def asked(self) -> dict[str, str]:
        """What is to be forgotten and not yet gone: subject -> traces, oldest first."""
        rows = self._database.connection.execute("SELECT * FROM forgetting ORDER BY asked_at")
        return {row["subject"]: row["traces"] for row in rows}

    def stages(self, fingerprint: str) -> list[Status]:
        """How the stages of a video stand whose files are forgotten already."""
        rows = self._database.connection.execute(
            "SELECT status FROM stages WHERE fingerprint = ?", (fingerprint,)
        )
        return [Status(row["status"]) for row in rows]

    def done(self, subjects: Sequence[str]) -> None:
        """Delete the requests, and the rows of these videos."""
        with self._database.write() as db:
            db.execute("PRAGMA secure_delete = ON")
            for subject in subjects:
                for table in ("files", "videos", "stages", "compared"):
                    db.execute(f"DELETE FROM {table} WHERE fingerprint = ?", (subject,))
                db.execute("DELETE FROM copies WHERE ? IN (longer, shorter)", (subject,))
                db.execute("DELETE FROM forgetting WHERE subject = ?", (subject,))
