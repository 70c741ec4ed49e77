"""Artifacts overrule the catalog: what is there is done, and what is not there is to be made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.stages.run import WORK
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.store.catalog.rows import StageRow, VideoRow
from gaze_pipeline.workspace import Workspace

Key = tuple[str, Stage]


@dataclass
class Reconciliation:
    """What was put right: stages that claimed an artifact, and stages that denied theirs.

    `factless` are the videos whose media facts are gone.
    """

    lost: list[Key] = field(default_factory=list)
    found: list[Key] = field(default_factory=list)
    factless: list[str] = field(default_factory=list)


def reconcile(workspace: Workspace) -> Reconciliation:
    """Bring the catalog in line with the artifacts; what a live process is at is left to it.

    Looks at names and sizes, and reads the recipe of an artifact only where the catalog denies it: an
    artifact that cannot be read is found by the stage or the publication that reads it.
    """
    workspace.catalog.stages.release_dead()
    recipes = {stage: work.recipe(workspace) for stage, work in WORK.items()}
    report = Reconciliation()
    finished: list[tuple[str, StageRow]] = []
    for video in workspace.catalog.videos.all():
        names = _present(workspace, video.fingerprint)
        there = [s for s in Stage if names.issuperset(_names(workspace, video.fingerprint, s))]
        if workspace.paths.facts(video.fingerprint).name not in names:
            report.factless.append(video.fingerprint)
        report.lost += [
            (video.fingerprint, row.stage)
            for row in video.stages.values()
            if row.status.settled and row.stage not in there and _lose(workspace, video, row)
        ]
        finished += [
            (video.fingerprint, row)
            for stage in there
            if (row := _made(workspace, video, stage, recipes[stage])) is not None
        ]
    report.found = [(fingerprint, row.stage) for fingerprint, row in finished]
    workspace.catalog.stages.settle_all(finished)
    return report


def _lose(workspace: Workspace, video: VideoRow, row: StageRow) -> bool:
    """Have a stage made again whose artifact is gone, unless a process is at it by now."""
    now = workspace.catalog.videos.get(video.fingerprint)
    if now is None or now.stage(row.stage) != row:
        return False
    # A table without its pictures must not count either.
    workspace.paths.artifact(video.fingerprint, row.stage).unlink(missing_ok=True)
    workspace.catalog.stages.reset(video.fingerprint, row.stage)
    return True


def _present(workspace: Workspace, fingerprint: str) -> set[str]:
    """What lies in a video's folder and is not empty."""
    try:
        with os.scandir(workspace.paths.video(fingerprint)) as entries:
            return {entry.name for entry in entries if entry.is_dir() or entry.stat().st_size}
    except FileNotFoundError:
        return set()


def _names(workspace: Workspace, fingerprint: str, stage: Stage) -> Iterator[str]:
    yield workspace.paths.artifact(fingerprint, stage).name
    if stage is Stage.FRAMES:
        yield workspace.paths.thumbnails(fingerprint).name


def _made(workspace: Workspace, video: VideoRow, stage: Stage, recipe: Recipe) -> StageRow | None:
    """The row of a stage whose artifact is there although the catalog says otherwise."""
    row = video.stage(stage)
    if row.status is Status.RUNNING or (row.status.settled and row.recipe == recipe.key):
        return None
    info = workspace.artifacts.holds(video.fingerprint, stage, recipe)
    if info is None:
        return None
    if info.damage is None:
        return StageRow(stage, Status.DONE, recipe=recipe.key)
    code, detail = ErrorCode.FILE_DAMAGED, info.damage
    return StageRow(stage, Status.PARTIAL, error_code=code, error_detail=detail, recipe=recipe.key)
