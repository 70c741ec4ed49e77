"""What there is to do: which stages of which videos can run now, and which wait, and for what."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.models.installed import ModelState
from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.stages.run import WORK
from gaze_pipeline.stages.work import find_source
from gaze_pipeline.states import REQUIRES, Stage, Status
from gaze_pipeline.store.catalog.rows import StageRow, VideoRow
from gaze_pipeline.store.room import shortage
from gaze_pipeline.workspace import Workspace

SOURCE_GONE = frozenset({ErrorCode.FILE_NOT_FOUND, ErrorCode.FILE_UNSTABLE})
"""Failures whose cause is gone as soon as the file can be read as it was seen."""


def plan(workspace: Workspace, asked: bool = False) -> dict[str, list[Stage]]:
    """The stages that each video needs and that can run now, oldest video first.

    Stages of processes that died count as pending; those whose model is missing are written down as
    WAITING, and those that the disk has no room for as FAILED. What failed and can pass is taken up when
    its time has come or its cause is gone; at once with `asked`, when a person asks for all the work
    there is: but for what processes died of, which may take this one down, too, before the rest is done.
    What was CANCELLED or failed for good waits for a retry. What needs a file that is not there stays as
    it is.
    """
    workspace.catalog.stages.release_dead()
    situation = _look_around(workspace, asked)
    todo: dict[str, list[Stage]] = {}
    lacking: list[tuple[VideoRow, Stage]] = []
    for video in workspace.catalog.videos.all():
        wanted = [s for s in Stage if s in video.wanted and situation.needs(video, s)]
        ready = [stage for stage in wanted if WORK[stage].MODEL not in situation.lacking]
        lacking += [(video, stage) for stage in wanted if stage not in ready]
        if _reads_file(ready) and not any(file.path.exists() for file in video.files):
            continue
        if stages := [stage for stage in ready if _fed(video, stage, ready)]:
            todo[video.fingerprint] = stages
    _note_missing_models(workspace, situation, lacking)
    if situation.short is not None:
        _note_full_disk(workspace, situation.short, todo)
        return {}
    return todo


@dataclass(frozen=True)
class _Situation:
    """What decides what can run: `lacking` tells of each kind of model that is not ready its code,
    `short` how much room is missing, `now` is in seconds since the epoch, `asked` whether nothing waits.
    """

    recipes: Mapping[Stage, str]
    lacking: Mapping[Kind | None, ErrorCode]
    short: str | None
    now: float
    asked: bool

    def needs(self, video: VideoRow, stage: Stage) -> bool:
        """Whether the stage is to be done, its input and its model aside."""
        row = video.stage(stage)
        if row.status is Status.PENDING:
            return True
        if row.status is Status.WAITING:
            return self.asked or (row.retry_at or 0.0) <= self.now
        if row.status is Status.FAILED:
            return row.retry_at is not None and (
                row.retry_at <= self.now
                or self._cause_gone(video, row)
                or (self.asked and row.error_code is not ErrorCode.PROCESS_DIED)
            )
        return row.status.settled and row.recipe != self.recipes[stage]

    def _cause_gone(self, video: VideoRow, row: StageRow) -> bool:
        return row.error_code in SOURCE_GONE and find_source(video) is not None


def _look_around(workspace: Workspace, asked: bool) -> _Situation:
    corrupt = {ModelState.CORRUPT: ErrorCode.MODEL_CORRUPT}
    return _Situation(
        recipes={stage: work.recipe(workspace).key for stage, work in WORK.items()},
        lacking={
            model.kind: corrupt.get(model.state, ErrorCode.MODEL_MISSING)
            for model in workspace.models.status()
            if model.state is not ModelState.READY
        },
        short=shortage(workspace.paths, workspace.settings.storage.reserve_mb),
        now=time.time(),
        asked=asked,
    )


def _note_missing_models(
    workspace: Workspace, situation: _Situation, lacking: Iterable[tuple[VideoRow, Stage]]
) -> None:
    waiting = []
    for video, stage in lacking:
        row, kind = video.stage(stage), WORK[stage].MODEL
        code = situation.lacking[kind]
        if kind is not None and (row.status, row.error_code) != (Status.WAITING, code):
            model = workspace.models.spec(kind).id
            waits = StageRow(stage, Status.WAITING, error_code=code, error_detail=model)
            waiting.append((video.fingerprint, waits))
    workspace.catalog.stages.settle_all(waiting)


def _note_full_disk(workspace: Workspace, short: str, todo: Mapping[str, list[Stage]]) -> None:
    """Nothing is tried while it would be in vain; all of it is due as soon as there is room."""
    stuck = [
        (
            video.fingerprint,
            StageRow(stage, Status.FAILED, error_code=ErrorCode.DISK_FULL, error_detail=short),
        )
        for video in workspace.catalog.videos.all()
        for stage in todo.get(video.fingerprint, ())
        if video.stage(stage).error_code is not ErrorCode.DISK_FULL
    ]
    workspace.catalog.stages.settle_all(stuck)
    workspace.catalog.stages.hasten(ErrorCode.DISK_FULL)


def _reads_file(stages: list[Stage]) -> bool:
    return any(REQUIRES[stage] is None for stage in stages)


def _fed(video: VideoRow, stage: Stage, wanted: list[Stage]) -> bool:
    """Whether the stage's input is there, or will be made before it."""
    before = REQUIRES[stage]
    return before is None or before in wanted or video.stage(before).status.settled
