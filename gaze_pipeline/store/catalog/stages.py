"""The catalog's stages: how each stage of each video stands, and which process is at it."""

from __future__ import annotations

import os
import time

import psutil

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.database import Database
from gaze_pipeline.store.catalog.processes import alive

MAX_ATTEMPTS = 3
"""After so many failed attempts a stage is left alone until a person asks for it again."""


class Stages:
    """The table `stages`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, fingerprint: str, stage: Stage) -> bool:
        """A stage begins in this process: a new attempt at zero progress.

        False when another process that is alive is at it; nothing is changed then.
        """
        pid, key = os.getpid(), (fingerprint, stage.value)
        with self._database.write() as db:
            row = db.execute(
                "SELECT * FROM stages WHERE fingerprint = ? AND stage = ? AND status = 'running'",
                key,
            ).fetchone()
            if row and row["pid"] != pid and alive(row["pid"], row["pid_started"]):
                return False
            db.execute(
                """INSERT INTO stages (fingerprint, stage, status, attempt, pid, pid_started,
                                       updated_at) VALUES (?, ?, 'running', 1, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET status = 'running', progress = 0, error_code = NULL,
                   error_detail = '', attempt = attempt + 1, pid = excluded.pid,
                   pid_started = excluded.pid_started, updated_at = excluded.updated_at""",
                (*key, pid, psutil.Process(pid).create_time(), time.time()),
            )
        return True

    def release(self, fingerprint: str, stage: Stage) -> None:
        """This process gives up a stage that it began: the stage is pending again."""
        with self._database.change() as db:
            db.execute(
                """UPDATE stages SET status = 'pending', progress = 0, attempt = attempt - 1
                   WHERE fingerprint = ? AND stage = ? AND status = 'running' AND pid = ?""",
                (fingerprint, stage.value, os.getpid()),
            )

    def progress(self, fingerprint: str, stage: Stage, fraction: float) -> None:
        """A running stage got so far (0..1)."""
        with self._database.write() as db:
            db.execute(
                """UPDATE stages SET progress = ?, updated_at = ?
                   WHERE fingerprint = ? AND stage = ? AND status = 'running'""",
                (min(max(fraction, 0.0), 1.0), time.time(), fingerprint, stage.value),
            )

    def settle(
        self,
        fingerprint: str,
        stage: Stage,
        status: Status,
        code: ErrorCode | None = None,
        detail: str = "",
        recipe: str = "",
    ) -> None:
        """A stage ended in `status`; anything but a plain success carries a code."""
        with self._database.change() as db:
            db.execute(
                """INSERT INTO stages (fingerprint, stage, status, progress, error_code,
                                       error_detail, recipe, updated_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET status = excluded.status, progress = excluded.progress,
                   error_code = excluded.error_code, error_detail = excluded.error_detail,
                   recipe = excluded.recipe, pid = NULL, updated_at = excluded.updated_at,
                   attempt = CASE WHEN excluded.progress = 1 THEN 0 ELSE attempt END""",
                (
                    fingerprint,
                    stage.value,
                    status.value,
                    1.0 if status.settled else 0.0,
                    code and code.name,
                    detail,
                    recipe,
                    time.time(),
                ),
            )

    def reset(self, fingerprint: str, stage: Stage) -> None:
        """Forget how a stage stands: it is pending, with its attempts counted anew."""
        with self._database.change() as db:
            db.execute(
                "DELETE FROM stages WHERE fingerprint = ? AND stage = ?",
                (fingerprint, stage.value),
            )

    def release_dead(self) -> int:
        """Put stages whose process is gone back to pending; returns how many there were.

        What `MAX_ATTEMPTS` processes died of has failed: one video must not crash run after run.
        """
        running = self._database.connection.execute(
            "SELECT * FROM stages WHERE status = 'running'"
        ).fetchall()
        dead = [row for row in running if not alive(row["pid"], row["pid_started"])]
        for row in dead:
            fatal = row["attempt"] >= MAX_ATTEMPTS
            with self._database.change() as db:
                db.execute(
                    """UPDATE stages SET status = ?, progress = 0, error_code = ?, error_detail = ?
                       WHERE fingerprint = ? AND stage = ? AND status = 'running' AND pid IS ?""",
                    (
                        (Status.FAILED if fatal else Status.PENDING).value,
                        ErrorCode.INTERNAL.name if fatal else None,
                        f"the process died of it {row['attempt']} times" if fatal else "",
                        row["fingerprint"],
                        row["stage"],
                        row["pid"],
                    ),
                )
        return len(dead)
