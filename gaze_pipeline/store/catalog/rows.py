"""What the catalog says: files, stages and videos as rows."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Stage, State, Status, video_state


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


@dataclass(frozen=True)
class StageRow:
    """How one stage of one video stands.

    `progress` is 0..1, `updated_at` in seconds since the epoch, `recipe` names what made the artifact.
    """

    stage: Stage
    status: Status
    progress: float = 0.0
    error_code: ErrorCode | None = None
    error_detail: str = ""
    attempt: int = 0
    recipe: str = ""
    updated_at: float = 0.0


@dataclass(frozen=True)
class VideoRow:
    """A video with all its files and stages."""

    fingerprint: str
    duration_ms: int
    added_at: float
    files: tuple[FileRow, ...] = ()
    stages: dict[Stage, StageRow] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """The state that a user sees."""
        return video_state({stage: row.status for stage, row in self.stages.items()})

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
        done = sum(1.0 if row.status.settled else row.progress for row in self.stages.values())
        return done / len(Stage)

    @property
    def problem(self) -> StageRow | None:
        """The first stage that failed, is damaged or waits, if any."""
        rows = self.stages.values()
        for status in (Status.FAILED, Status.PARTIAL, Status.WAITING, Status.CANCELLED):
            for row in rows:
                if row.status is status:
                    return row
        return None


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
        recipe=row["recipe"],
        updated_at=row["updated_at"],
    )


def video_row(row: sqlite3.Row, files: list[FileRow], stages: dict[Stage, StageRow]) -> VideoRow:
    """A row of the table `videos` with what belongs to it."""
    return VideoRow(row["fingerprint"], row["duration_ms"], row["added_at"], tuple(files), stages)
