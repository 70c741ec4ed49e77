"""What the Library page shows of the catalog: every video and every refused file, with what to do."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.names import readable
from gaze_pipeline.stages import requests
from gaze_pipeline.standing import standing
from gaze_pipeline.states import RUNNING_STATE, Stage, State, Status
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.catalog.rows import FileRow, VideoRow
from gaze_pipeline.workspace import Workspace


class Group(StrEnum):
    """What a user wants to know of a video: can I search it, or what is in the way?"""

    READY = "ready"
    WORKING = "working"
    WAITING = "waiting"
    FAILED = "failed"


GROUP_OF = {
    State.DONE: Group.READY,
    State.PARTIAL: Group.READY,
    State.QUEUED: Group.WORKING,
    State.WAITING: Group.WAITING,
    State.FAILED: Group.FAILED,
    State.CANCELLED: Group.FAILED,
} | dict.fromkeys(RUNNING_STATE.values(), Group.WORKING)


GROUPS = (Group.FAILED, Group.WORKING, Group.WAITING, Group.READY)
"""What needs attention first."""


class Request(StrEnum):
    """What a person can ask of a video."""

    CANCEL = "cancel"
    RETRY = "retry"


@dataclass(frozen=True)
class StageCell:
    """How one stage stands; `progress` is 0..1."""

    stage: Stage
    status: Status
    progress: float
    problem: ErrorCode | None = None
    remedy: str = ""


@dataclass(frozen=True)
class Row:
    """One video, or one file that could not be taken up (no fingerprint, no stages)."""

    name: str
    folders: tuple[str, ...]
    libraries: tuple[str, ...]
    state: State
    fingerprint: str | None = None
    duration_ms: int = 0
    progress: float = 0.0
    stages: tuple[StageCell, ...] = ()
    problem_stage: Stage | None = None
    problem: ErrorCode | None = None
    detail: str = ""
    remedy: str = ""
    next_try: str = ""
    cancelling: bool = False
    key: str = ""
    """What `ask` knows it by."""

    @property
    def requests(self) -> tuple[Request, ...]:
        """What can be asked of it."""
        statuses = {cell.status for cell in self.stages}
        found = []
        if statuses & {Status.PENDING, Status.WAITING, Status.RUNNING} or self.next_try:
            found.append(Request.CANCEL)
        refused = not self.stages and self.problem is not ErrorCode.FILE_UNSTABLE
        if statuses & {Status.FAILED, Status.CANCELLED} or refused:
            found.append(Request.RETRY)
        return tuple(found)

    @property
    def has_frames(self) -> bool:
        """Whether there is a picture of it."""
        return any(cell.stage is Stage.FRAMES and cell.status.settled for cell in self.stages)

    @property
    def group(self) -> Group:
        """The group a user would look for the row in."""
        return GROUP_OF[self.state]


@dataclass(frozen=True)
class OfflineLibrary:
    """A library whose folder is not there, and what was found instead."""

    name: str
    reason: str


def rows(catalog: Catalog) -> list[Row]:
    """Everything known, what needs attention first, then what is being worked on, then by name."""
    every = [*map(_video_row, catalog.videos.all()), *map(_file_row, catalog.refused())]
    return sorted(every, key=lambda row: (GROUPS.index(row.group), row.name.casefold()))


def offline(workspace: Workspace) -> list[OfflineLibrary]:
    """The libraries whose folder could not be looked through the last time."""
    known = workspace.catalog.libraries
    found = [
        (library.name, last.offline)
        for library in workspace.settings.libraries
        if (last := known.last_scan(library.name, library.path)) and last.offline
    ]
    return [OfflineLibrary(readable(name), readable(reason)) for name, reason in found]


def ask(workspace: Workspace, request: Request, key: str = "") -> None:
    """Cancel the work on a row, or take it up again; on all rows without a key."""
    videos = [video for video in workspace.catalog.videos.all() if key in ("", video.fingerprint)]
    if request is Request.CANCEL:
        requests.cancel(workspace, videos)
        return
    requests.retry(workspace, videos)
    refused = [file for file in workspace.catalog.refused() if key in ("", _file_key(file))]
    requests.retry_files(workspace, refused)


def in_group(every: Sequence[Row], group: Group | None) -> list[Row]:
    """The rows of a group; all of them for None."""
    return [row for row in every if group in (None, row.group)]


def named(every: Sequence[Row], text: str) -> list[Row]:
    """The rows whose name, folder or library holds a text, whatever its case."""
    sought = text.strip().casefold()
    return [
        row
        for row in every
        if any(sought in told.casefold() for told in (row.name, *row.folders, *row.libraries))
    ]


def overall(every: Sequence[Row]) -> float:
    """How much of all the work is done (0..1), refused files left out."""
    videos = [row.progress for row in every if row.fingerprint]
    return sum(videos) / len(videos) if videos else 1.0


def _video_row(video: VideoRow) -> Row:
    stands = standing(video)
    return Row(
        name=readable(video.path.name),
        folders=tuple(readable(file.path.parent) for file in video.files),
        libraries=tuple(video.libraries),
        state=stands.state,
        fingerprint=video.fingerprint,
        duration_ms=video.duration_ms,
        progress=stands.progress,
        stages=tuple(_cell(video, stage) for stage in Stage if stage in video.wanted),
        problem_stage=stands.stage,
        problem=stands.code,
        detail=readable(stands.detail),
        remedy=stands.remedy,
        next_try=stands.next_try,
        cancelling=stands.cancelling,
        key=video.fingerprint,
    )


def _cell(video: VideoRow, stage: Stage) -> StageCell:
    row = video.stage(stage)
    progress = 1.0 if row.status.settled else row.progress
    return StageCell(stage, row.status, progress, row.error_code, row.remedy)


def _file_row(file: FileRow) -> Row:
    return Row(
        name=readable(file.path.name),
        folders=(readable(file.path.parent),),
        libraries=(file.library,),
        state=file.state,
        problem=file.error_code,
        detail=readable(file.error_detail),
        remedy=file.error_code.remedy if file.error_code else "",
        key=_file_key(file),
    )


def _file_key(file: FileRow) -> str:
    return f"file-{hashlib.sha256(os.fsencode(file.path)).hexdigest()[:16]}"
