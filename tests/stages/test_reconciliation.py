"""Artifacts overrule the catalog."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.settings import FrameSettings
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.reconciliation import reconcile
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.requests import cancel
from gaze_pipeline.stages.run import Outcome, run_stage
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.workspace import Workspace
from tests.support.roots import tiny_library

MADE = (Stage.AUDIO, Stage.FRAMES)


@pytest.fixture
def workspace(tmp_path: Path, open_workspace: Callable[..., Workspace]) -> Workspace:
    """Two videos with everything made that needs no model."""
    workspace = open_workspace(tiny_library(tmp_path / "films", 2))
    scan_libraries(workspace)
    for stage in MADE:
        assert all(outcome.status is Status.DONE for outcome in run(workspace, stage))
    return workspace


def keys(workspace: Workspace) -> list[str]:
    return [video.fingerprint for video in workspace.catalog.videos.all()]


def run(workspace: Workspace, stage: Stage) -> list[Outcome]:
    return list(run_stage(stage, keys(workspace), workspace))


def statuses(workspace: Workspace, key: str) -> list[Status]:
    video = workspace.catalog.videos.get(key)
    assert video is not None
    return [video.stage(stage).status for stage in MADE]


def test_what_agrees_is_left_alone(workspace: Workspace) -> None:
    before = workspace.catalog.revision()
    report = reconcile(workspace)
    assert (report.lost, report.found) == ([], [])
    assert workspace.catalog.revision() == before


@pytest.mark.parametrize("loss", ["table", "empty table", "pictures", "folder"])
def test_what_is_gone_is_made_again(workspace: Workspace, loss: str) -> None:
    first, second = keys(workspace)
    paths = workspace.paths
    if loss == "table":
        paths.artifact(first, Stage.FRAMES).unlink()
    elif loss == "empty table":
        paths.artifact(first, Stage.FRAMES).write_bytes(b"")
    elif loss == "pictures":
        shutil.rmtree(paths.thumbnails(first))
    else:
        shutil.rmtree(paths.video(first))
    report = reconcile(workspace)
    assert (first, Stage.FRAMES) in report.lost
    assert report.found == []
    assert statuses(workspace, second) == [Status.DONE, Status.DONE]
    assert plan(workspace).keys() == {first}
    for stage in MADE:
        run(workspace, stage)
    assert reconcile(workspace).lost == []
    assert workspace.paths.thumbnail(first, 0).is_file()


def test_a_new_catalog_knows_what_was_made(workspace: Workspace) -> None:
    for file in workspace.paths.root.glob("catalog.sqlite*"):
        file.unlink()
    reborn = Workspace.open(workspace.settings)
    scan_libraries(reborn)
    assert len(reconcile(reborn).found) == 4
    assert plan(reborn) == {}


def test_a_result_counts_whatever_the_catalog_says(workspace: Workspace) -> None:
    first = keys(workspace)[0]
    stages = workspace.catalog.stages
    stages.reset(first, Stage.AUDIO)
    stages.reset(first, Stage.FRAMES)
    stages.settle(first, Stage.AUDIO, Status.FAILED, ErrorCode.INTERNAL)
    video = workspace.catalog.videos.get(first)
    assert video is not None
    assert cancel(workspace, [video], [Stage.FRAMES]) == 1
    report = reconcile(workspace)
    assert sorted(report.found) == [(first, Stage.AUDIO), (first, Stage.FRAMES)]
    assert statuses(workspace, first) == [Status.DONE, Status.DONE]


def test_a_result_of_another_recipe_does_not_count(workspace: Workspace) -> None:
    denser = Workspace.open(
        workspace.settings.model_copy(update={"frames": FrameSettings(every_ms=1000)})
    )
    assert reconcile(denser).found == []
    assert all(Stage.FRAMES in stages for stages in plan(denser).values())


def test_a_damaged_video_stays_so(workspace: Workspace) -> None:
    key = keys(workspace)[0]
    info = workspace.artifacts.info(key, Stage.AUDIO)
    assert info is not None
    table = workspace.artifacts.read(key, Stage.AUDIO)
    workspace.artifacts.write(key, Stage.AUDIO, table, info.recipe, damage="it ends early")
    workspace.catalog.stages.reset(key, Stage.AUDIO)
    reconcile(workspace)
    video = workspace.catalog.videos.get(key)
    assert video is not None
    row = video.stages[Stage.AUDIO]
    assert (row.status, row.error_code) == (Status.PARTIAL, ErrorCode.FILE_DAMAGED)
    assert row.error_detail == "it ends early"


def test_what_a_process_is_at_is_left_to_it(workspace: Workspace) -> None:
    first, second = keys(workspace)
    workspace.catalog.stages.start(first, Stage.AUDIO)
    script = f"""
from gaze_pipeline.settings import Settings
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace
workspace = Workspace.open(Settings(root={str(workspace.settings.root)!r}))
workspace.catalog.stages.start({second!r}, Stage.AUDIO)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    assert reconcile(workspace).found == [(second, Stage.AUDIO)]
    assert statuses(workspace, first)[0] is Status.RUNNING
    assert statuses(workspace, second)[0] is Status.DONE
