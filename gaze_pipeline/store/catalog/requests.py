"""What people ask of the catalog: to leave work undone, and to take it up again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Event, Stage, Status
from gaze_pipeline.store.catalog.database import Database
from gaze_pipeline.store.catalog.rows import StageRow
from gaze_pipeline.store.catalog.stage_table import is_mine, is_taken, move, note, read

Stagewise = Mapping[str, Collection[Stage]]
"""Stages by the fingerprint of their video."""


class Requests:
    """Cancel and retry, over the table `stages`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cancel(self, wanted: Stagewise, at: float | None = None) -> int:
        """Leave these stages undone until they are asked for; returns in how many videos.

        One that a process is at is cancelled by that process, at its next report of progress. What has
        happened since `at` (seconds since the epoch, by default now) stands.
        """
        moment = time.time() if at is None else at
        changed: set[str] = set()
        with self._database.write() as db:
            for fingerprint, row in _rows(db, wanted):
                if row.updated_at > moment or row.status is Status.CANCELLED:
                    continue
                if is_mine(row) or is_taken(row):
                    note(db, fingerprint, replace(row, cancel_asked_at=moment))
                    changed.add(fingerprint)
                else:
                    left = StageRow(row.stage, Status.CANCELLED, error_code=ErrorCode.CANCELLED)
                    if move(db, fingerprint, Event.CANCEL, row, left, moment):
                        changed.add(fingerprint)
        return len(changed)

    def retry(self, wanted: Stagewise) -> int:
        """Have these stages done again if they failed or were cancelled; returns in how many videos.

        Their attempts are counted anew. A stage that has yet to notice that it is cancelled goes on.
        """
        changed: set[str] = set()
        with self._database.write() as db:
            for fingerprint, row in _rows(db, wanted):
                if row.cancel_asked_at is not None:
                    note(db, fingerprint, replace(row, cancel_asked_at=None))
                    changed.add(fingerprint)
                elif row.status in (Status.FAILED, Status.CANCELLED):
                    anew = StageRow(row.stage, Status.PENDING)
                    if move(db, fingerprint, Event.RESET, row, anew):
                        changed.add(fingerprint)
        return len(changed)


def _rows(db: sqlite3.Connection, wanted: Stagewise) -> Iterator[tuple[str, StageRow]]:
    for fingerprint, stages in wanted.items():
        for stage in stages:
            yield fingerprint, read(db, fingerprint, stage)
