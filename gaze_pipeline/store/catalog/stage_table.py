"""The one place that changes a status in the table `stages`, by the transitions of `gaze_pipeline.states`."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace

from gaze_pipeline.states import Event, Stage, Status, follows
from gaze_pipeline.store.catalog.database import grow
from gaze_pipeline.store.catalog.processes import alive, this_process
from gaze_pipeline.store.catalog.rows import StageRow, stage_row


def read(db: sqlite3.Connection, fingerprint: str, stage: Stage) -> StageRow:
    """How a stage stands; one without a row is pending."""
    row = db.execute(
        "SELECT * FROM stages WHERE fingerprint = ? AND stage = ?", (fingerprint, stage.value)
    ).fetchone()
    return stage_row(row) if row else StageRow(stage, Status.PENDING)


def is_known(db: sqlite3.Connection, fingerprint: str) -> bool:
    """Whether the video is in the catalog: nothing is written of one that was forgotten."""
    found = db.execute("SELECT 1 FROM videos WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return found is not None


def is_mine(row: StageRow) -> bool:
    """Whether this process is at the stage."""
    me = this_process()
    return row.process is not None and (
        row.process.pid == me.pid and abs(row.process.started - me.started) < 1
    )


def is_taken(row: StageRow) -> bool:
    """Whether another process, which is alive, is at the stage."""
    if row.status is not Status.RUNNING or row.process is None or is_mine(row):
        return False
    return alive(row.process.pid, row.process.started)


def move(
    db: sqlite3.Connection,
    fingerprint: str,
    event: Event,
    before: StageRow,
    after: StageRow,
    at: float | None = None,
) -> bool:
    """Write what an event makes of a row, within a transaction; it happened `at`, by default now.

    An event that does not apply to how the stage stands is ignored, which is told by False: another
    process has moved it on. Raises ValueError for an end that the event never has.
    """
    if not any(follows(origin, event, after.status) for origin in Status):
        raise ValueError(f"{event} never leads to {after.status}")
    if not follows(before.status, event, after.status) or not is_known(db, fingerprint):
        return False
    if replace(after, updated_at=before.updated_at) == before:
        return True
    _put(db, fingerprint, replace(after, updated_at=time.time() if at is None else at))
    if after.status is not Status.RUNNING:
        grow(db)
    return True


def note(db: sqlite3.Connection, fingerprint: str, row: StageRow) -> None:
    """Write a row whose status stays as it is, within a transaction."""
    if read(db, fingerprint, row.stage).status is not row.status:
        raise ValueError(f"{row.stage} has moved on from {row.status}")
    _put(db, fingerprint, row)


def _put(db: sqlite3.Connection, fingerprint: str, row: StageRow) -> None:
    pid, started = row.process or (None, None)
    db.execute(
        """INSERT OR REPLACE INTO stages (fingerprint, stage, status, progress, error_code,
               error_detail, attempt, failures, recipe, updated_at, retry_at, cancel_asked_at,
               pid, pid_started) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            fingerprint,
            row.stage.value,
            row.status.value,
            row.progress,
            row.error_code and row.error_code.name,
            row.error_detail,
            row.attempt,
            row.failures,
            row.recipe,
            row.updated_at,
            row.retry_at,
            row.cancel_asked_at,
            pid,
            started,
        ),
    )
