"""What processes write of the stages they are at, and of those whose process died."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Event, Stage, Status
from gaze_pipeline.store.catalog.backoff import (
    MAX_ATTEMPTS,
    OUTSIDE,
    can_pass,
    deaths_wait_s,
    wait_s,
)
from gaze_pipeline.store.catalog.database import Database
from gaze_pipeline.store.catalog.processes import this_process
from gaze_pipeline.store.catalog.rows import StageRow
from gaze_pipeline.store.catalog.stage_table import is_known, is_mine, is_taken, move, read

EVENT_OF = {
    Status.DONE: Event.FINISH,
    Status.PARTIAL: Event.FINISH,
    Status.FAILED: Event.FAIL,
    Status.WAITING: Event.LACK,
}
"""The event that settles a stage in a status."""


class Answer(Enum):
    """What a process that wants to take up a stage is told."""

    YOURS = "go on"
    TAKEN = "another process is at it"
    CANCELLED = "it was cancelled since it was asked for"
    UNKNOWN = "the video is not in the catalog"


class Stages:
    """The table `stages`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, fingerprint: str, stage: Stage, asked_at: float | None = None) -> Answer:
        """A stage begins in this process: a new attempt at zero progress.

        `asked_at` is when the work was asked for (seconds since the epoch; now by default): what was
        cancelled later is not begun. Nothing is changed unless the answer is YOURS.
        """
        with self._database.write() as db:
            row = read(db, fingerprint, stage)
            if not is_known(db, fingerprint):
                return Answer.UNKNOWN
            if is_taken(row):
                return Answer.TAKEN
            if asked_at is not None and (_cancelled_at(row) or asked_at) > asked_at:
                return Answer.CANCELLED
            begun = StageRow(
                stage,
                Status.RUNNING,
                attempt=row.attempt + 1,
                failures=row.failures,
                recipe=row.recipe,
                process=this_process(),
            )
            move(db, fingerprint, Event.START, row, begun)
        return Answer.YOURS

    def progress(self, fingerprint: str, stage: Stage, fraction: float) -> bool:
        """The stage this process is at got so far (0..1); False when it is to stop."""
        with self._database.write() as db:
            row = read(db, fingerprint, stage)
            if row.status is not Status.RUNNING or not is_mine(row):
                return False
            db.execute(
                """UPDATE stages SET progress = ?, updated_at = ?
                   WHERE fingerprint = ? AND stage = ?""",
                (min(max(fraction, 0.0), 1.0), time.time(), fingerprint, stage.value),
            )
        return row.cancel_asked_at is None

    def settle(
        self,
        fingerprint: str,
        stage: Stage,
        status: Status,
        code: ErrorCode | None = None,
        detail: str = "",
        recipe: str = "",
    ) -> bool:
        """A stage ended in `status`; anything but a plain success carries a code.

        What failed and can pass is given the time of its next try. False when it did not apply: the
        video was forgotten, or another process is at the stage. Its artifact being there always applies.
        """
        with self._database.write() as db:
            return _settle(db, fingerprint, StageRow(stage, status, 0, code, detail, recipe=recipe))

    def settle_all(self, settled: Iterable[tuple[str, StageRow]]) -> None:
        """Settle many stages, each by fingerprint and by what `settle` takes, in one transaction."""
        with self._database.write() as db:
            for fingerprint, row in settled:
                _settle(db, fingerprint, row)

    def hasten(self, code: ErrorCode) -> None:
        """What failed with this code is due without further wait."""
        with self._database.write() as db:
            db.execute(
                """UPDATE stages SET retry_at = 0
                   WHERE status = 'failed' AND error_code = ? AND retry_at > 0""",
                (code.name,),
            )

    def release(self, fingerprint: str, stage: Stage) -> None:
        """This process gives up a stage that it began: pending again, or cancelled if it was asked to."""
        with self._database.write() as db:
            row = read(db, fingerprint, stage)
            if is_mine(row):
                move(db, fingerprint, Event.RELEASE, row, _released(row))

    def reset(self, fingerprint: str, stage: Stage) -> None:
        """Forget how a stage stands: it is pending, with its attempts counted anew."""
        with self._database.write() as db:
            row = read(db, fingerprint, stage)
            move(db, fingerprint, Event.RESET, row, StageRow(stage, Status.PENDING))

    def release_dead(self, blamed: bool = True) -> int:
        """Put stages whose process is gone back to pending; returns how many there were.

        What `MAX_ATTEMPTS` processes died of has failed, and is tried again after an hour, then ever more
        rarely: one video must not crash run after run. With `blamed` false nothing is counted, as after a
        power cut.
        """
        keys = self._database.connection.execute(
            "SELECT fingerprint, stage FROM stages WHERE status = 'running'"
        ).fetchall()
        return sum(
            self._release_dead(key["fingerprint"], Stage(key["stage"]), blamed) for key in keys
        )

    def _release_dead(self, fingerprint: str, stage: Stage, blamed: bool) -> bool:
        row = read(self._database.connection, fingerprint, stage)
        if row.status is not Status.RUNNING or is_mine(row) or is_taken(row):
            return False
        with self._database.write() as db:
            if read(db, fingerprint, stage).process != row.process:
                return False
            released = _released(row)
            if blamed and released.status is Status.PENDING:
                released = replace(released, attempt=row.attempt)
                if row.attempt >= MAX_ATTEMPTS:
                    released = replace(
                        released,
                        status=Status.FAILED,
                        error_code=ErrorCode.PROCESS_DIED,
                        error_detail=f"{row.attempt} times",
                        retry_at=time.time() + deaths_wait_s(row.attempt),
                    )
            return move(db, fingerprint, Event.RELEASE, row, released)


def _settle(db: sqlite3.Connection, fingerprint: str, after: StageRow) -> bool:
    if after.status not in EVENT_OF:
        raise ValueError(f"nothing settles as {after.status}")
    event, row = EVENT_OF[after.status], read(db, fingerprint, after.stage)
    if event is Event.FINISH:
        return move(db, fingerprint, event, row, replace(after, progress=1.0))
    if is_taken(row):
        return False
    began, outside = row.status is Status.RUNNING, _outside(after)
    settled = replace(
        after,
        attempt=row.attempt - 1 if began and outside else row.attempt,
        failures=row.failures + 1 if began else row.failures,
    )
    if settled.error_code is not None and (
        can_pass(settled.error_code, settled.attempt)
        if event is Event.FAIL
        else began and settled.error_code is ErrorCode.MODEL_CORRUPT
    ):
        settled = replace(settled, retry_at=time.time() + wait_s(settled.failures))
    return move(db, fingerprint, event, row, settled)


def _outside(row: StageRow) -> bool:
    """Whether what keeps it from being made says nothing of the video."""
    return row.status is Status.WAITING or row.error_code in OUTSIDE


def _released(row: StageRow) -> StageRow:
    """What becomes of a stage that is given up through no fault of its own."""
    if row.cancel_asked_at is not None:
        return StageRow(row.stage, Status.CANCELLED, error_code=ErrorCode.CANCELLED)
    return StageRow(
        row.stage,
        Status.PENDING,
        attempt=row.attempt - 1,
        failures=row.failures,
        recipe=row.recipe,
    )


def _cancelled_at(row: StageRow) -> float | None:
    if row.status is Status.CANCELLED:
        return row.updated_at
    return row.cancel_asked_at
