"""What there is to do: which stages of which videos can run now, and which wait for a model."""

from __future__ import annotations

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.models.installed import ModelState
from gaze_pipeline.stages.run import WORK
from gaze_pipeline.states import REQUIRES, Stage, Status
from gaze_pipeline.store.catalog import MAX_ATTEMPTS
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.workspace import Workspace

OUTSIDE = frozenset(
    {
        ErrorCode.DISK_FULL,
        ErrorCode.FILE_NOT_FOUND,
        ErrorCode.FILE_UNREADABLE,
        ErrorCode.FILE_UNSTABLE,
        ErrorCode.STAGE_NOT_READY,
    }
)
"""Failures that say nothing of the video: they never use up its attempts."""


def runnable(workspace: Workspace) -> list[Stage]:
    """The stages whose model is there, or that need none."""
    ready = {item.kind for item in workspace.models.status() if item.state is ModelState.READY}
    return [stage for stage in Stage if WORK[stage].MODEL is None or WORK[stage].MODEL in ready]


def plan(workspace: Workspace, also: frozenset[Status] = frozenset()) -> dict[str, list[Stage]]:
    """The stages that each video needs and that can run now, oldest video first.

    Stages of processes that died count as pending; those whose model is missing are written down as
    WAITING. A stage that was CANCELLED, or that FAILED for good or too often, is only taken up when
    its status is in `also`. What needs a file that is not there stays as it is.
    """
    workspace.catalog.stages.release_dead()
    recipes = {stage: work.recipe(workspace).key for stage, work in WORK.items()}
    ready = set(runnable(workspace))
    todo: dict[str, list[Stage]] = {}
    for video in workspace.catalog.videos.all():
        wanted = [stage for stage in Stage if _needed(video, stage, recipes[stage], also)]
        for stage in wanted:
            if stage not in ready and _status(video, stage) is not Status.WAITING:
                workspace.catalog.stages.settle(
                    video.fingerprint, stage, Status.WAITING, ErrorCode.MODEL_MISSING
                )
        if _reads_file(wanted) and not any(file.path.exists() for file in video.files):
            continue
        stages = [stage for stage in wanted if stage in ready and _fed(video, stage, wanted)]
        if stages:
            todo[video.fingerprint] = stages
    return todo


def _needed(video: VideoRow, stage: Stage, recipe: str, also: frozenset[Status]) -> bool:
    row = video.stages.get(stage)
    if row is None or row.status in (Status.PENDING, Status.WAITING):
        return True
    if row.status is Status.FAILED and row.error_code is not None:
        passes = row.error_code in OUTSIDE or row.attempt < MAX_ATTEMPTS
        return row.status in also or (row.error_code.retryable and passes)
    if row.status is Status.CANCELLED:
        return row.status in also
    return row.status.settled and row.recipe != recipe


def _reads_file(stages: list[Stage]) -> bool:
    return any(REQUIRES[stage] is None for stage in stages)


def _fed(video: VideoRow, stage: Stage, wanted: list[Stage]) -> bool:
    """Whether the stage's input is there, or will be made before it."""
    before = REQUIRES[stage]
    return before is None or before in wanted or _status(video, before).settled


def _status(video: VideoRow, stage: Stage) -> Status:
    row = video.stages.get(stage)
    return row.status if row else Status.PENDING
