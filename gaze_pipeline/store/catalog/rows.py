"""What the catalog says: files, stages and videos as rows."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import EVERY_STAGE, Stage, State, Status, video_state
from gaze_pipeline.store.catalog.processes import Process


@dataclass(frozen=True)
class FileRow:
    """One file as last seen. `fingerprint` is None where it could not be taken up (`error_code` says why).

    A file that held a video and cannot be read for now has both. `device` is the file system of its folder,
    `inode` its number there; 0 where they are not known.
    """

    path: Path
    library: str
    size: int
    mtime_ns: int
    fingerprint: str | None = None
    error_code: ErrorCode | None = None
    error_detail: str = ""
    device: int = 0
    inode: int = 0

    @property
    def state(self) -> State:
        """The state that a user sees of a file that holds no video now: waited for, or failed."""
        unstable = self.error_code is ErrorCode.FILE_UNSTABLE
        return State.QUEUED if unstable else State.FAILED


@dataclass(frozen=True)
class StageRow:
    """How one stage of one video stands.

    `progress` is 0..1, `recipe` names what made the artifact, `attempt` counts the attempts used up and
    `failures` those in a row. `process` is at it while it is RUNNING. Times are in seconds since the
    epoch: `retry_at` is when it is tried again by itself, `cancel_asked_at` when its process was asked
    to stop.
    """

    stage: Stage
    status: Status
    progress: float = 0.0
    error_code: ErrorCode | None = None
    error_detail: str = ""
    attempt: int = 0
    failures: int = 0
    recipe: str = ""
    updated_at: float = 0.0
    retry_at: float | None = None
    cancel_asked_at: float | None = None
    process: Process | None = None

    def is_open(self, recipe: str) -> bool:
        """Whether it is to be done, now or later, without anybody asking for it; `recipe` is that wanted."""
        if self.status is Status.FAILED:
            return self.retry_at is not None
        if self.status.settled:
            return self.recipe != recipe
        return self.status is not Status.CANCELLED

    @property
    def remedy(self) -> str:
        """What to do about its error, if it has one."""
        return remedy(self.status, self.error_code, self.error_detail)


@dataclass(frozen=True)
class VideoRow:
    """A video with all its files and stages; `wanted` are those that are not switched off."""

    fingerprint: str
    duration_ms: int
    added_at: float
    files: tuple[FileRow, ...] = ()
    stages: dict[Stage, StageRow] = field(default_factory=dict)
    wanted: frozenset[Stage] = EVERY_STAGE

    @property
    def state(self) -> State:
        """The state that a user sees."""
        return video_state({stage: row.status for stage, row in self.stages.items()}, self.wanted)

    def stage(self, stage: Stage) -> StageRow:
        """How a stage stands; one that the catalog has no row of is pending."""
        return self.stages.get(stage) or StageRow(stage, Status.PENDING)

    @property
    def wanted_rows(self) -> list[StageRow]:
        """The rows of its wanted stages, in order; those that the catalog has none of are left out."""
        return [self.stages[stage] for stage in Stage if stage in self.wanted & set(self.stages)]

    @property
    def retry_at(self) -> float | None:
        """When the next of its stages that failed is tried again by itself (seconds since the epoch)."""
        times = [row.retry_at for row in self.wanted_rows if row.retry_at is not None]
        return min(times, default=None)

    @property
    def cancelling(self) -> bool:
        """Whether a process has yet to notice that one of its stages was cancelled."""
        return any(row.cancel_asked_at is not None for row in self.stages.values())

    @property
    def path(self) -> Path:
        """One of the video's files, the first by name."""
        return self.files[0].path

    @property
    def libraries(self) -> list[str]:
        """The libraries that hold the video."""
        return sorted({file.library for file in self.files})

    @property
    def progress(self) -> float:
        """How much of the video is done (0..1), stages weighing the same."""
        done = sum(1.0 if row.status.settled else row.progress for row in self.wanted_rows)
        return done / len(self.wanted)

    @property
    def problem(self) -> StageRow | None:
        """The first wanted stage that failed, is damaged or waits, if any."""
        rows = self.wanted_rows
        for status in (Status.FAILED, Status.PARTIAL, Status.WAITING, Status.CANCELLED):
            for row in rows:
                if row.status is status:
                    return row
        return None


def remedy(status: Status, code: ErrorCode | None, detail: str) -> str:
    """What to do about a stage; where it waits for a model, the one command that gets that model."""
    if status is Status.WAITING and detail:
        return f"Run `gaze models pull {detail}` (or `gaze models import DIR` without a network)."
    return code.remedy if code else ""


def file_row(row: sqlite3.Row) -> FileRow:
    """A row of the table `files`."""
    return FileRow(
        path=Path(os.fsdecode(row["path"])),
        library=row["library"],
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        fingerprint=row["fingerprint"],
        error_code=ErrorCode[row["error_code"]] if row["error_code"] else None,
        error_detail=row["error_detail"],
        device=row["device"],
        inode=row["inode"],
    )


def stage_row(row: sqlite3.Row) -> StageRow:
    """A row of the table `stages`."""
    return StageRow(
        stage=Stage(row["stage"]),
        status=Status(row["status"]),
        progress=row["progress"],
        error_code=ErrorCode[row["error_code"]] if row["error_code"] else None,
        error_detail=row["error_detail"],
        attempt=row["attempt"],
        failures=row["failures"],
        recipe=row["recipe"],
        updated_at=row["updated_at"],
        retry_at=row["retry_at"],
        cancel_asked_at=row["cancel_asked_at"],
        process=None if row["pid"] is None else Process(row["pid"], row["pid_started"]),
    )


def video_row(
    row: sqlite3.Row,
    files: list[FileRow],
    stages: dict[Stage, StageRow],
    wanted: frozenset[Stage],
) -> VideoRow:
    """A row of the table `videos` with what belongs to it."""
    return VideoRow(
        row["fingerprint"], row["duration_ms"], row["added_at"], tuple(files), stages, wanted
    )
