"""What is taken up when: backoff, causes that pass, models that arrive."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from gaze_pipeline.commands import index as index_command
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.settings import ModelSettings
from gaze_pipeline.stages import plan as planning
from gaze_pipeline.stages.heartbeat import Heartbeat
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.requests import cancel, retry
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.catalog.rows import StageRow
from gaze_pipeline.workspace import Workspace
from tests.support.roots import root_variables, tiny_library


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return tiny_library(tmp_path / "films", 1)


@pytest.fixture
def workspace(films: Path, open_workspace: Callable[..., Workspace]) -> Workspace:
    """One queued video."""
    workspace = open_workspace(films)
    scan_libraries(workspace)
    return workspace


def key_of(workspace: Workspace) -> str:
    (video,) = workspace.catalog.videos.all()
    return video.fingerprint


def row(workspace: Workspace, stage: Stage) -> StageRow:
    (video,) = workspace.catalog.videos.all()
    return video.stage(stage)


def fail(workspace: Workspace, code: ErrorCode) -> None:
    """Frames fail once more; the audio is done."""
    key = key_of(workspace)
    list(run_stage(Stage.AUDIO, [key], workspace))
    workspace.catalog.stages.start(key, Stage.FRAMES)
    workspace.catalog.stages.settle(key, Stage.FRAMES, Status.FAILED, code)


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: now)


def test_what_can_pass_waits_its_time(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(workspace, ErrorCode.FILE_UNREADABLE)
    assert plan(workspace) == {}
    assert plan(workspace, asked=True) == {key_of(workspace): [Stage.FRAMES]}, "who asks is obeyed"
    later(monkeypatch, 11)
    assert plan(workspace) == {key_of(workspace): [Stage.FRAMES]}


def test_what_cannot_pass_waits_for_a_person(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(workspace, ErrorCode.CODEC_UNSUPPORTED)
    later(monkeypatch, 1e6)
    assert plan(workspace, asked=True) == {}
    retry(workspace, workspace.catalog.videos.all())
    assert plan(workspace) == {key_of(workspace): [Stage.FRAMES]}


def test_what_may_be_the_videos_fault_is_given_up(workspace: Workspace) -> None:
    for _ in range(3):
        assert Stage.FRAMES in plan(workspace, asked=True)[key_of(workspace)]
        fail(workspace, ErrorCode.OUT_OF_MEMORY)
    assert plan(workspace, asked=True) == {}
    assert row(workspace, Stage.FRAMES).retry_at is None


def test_what_processes_died_of_is_tried_again_after_an_hour_and_not_before(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = key_of(workspace)
    list(run_stage(Stage.AUDIO, [key], workspace))
    for _ in range(3):
        assert plan(workspace, asked=True) == {key: [Stage.FRAMES]}
        workspace.catalog.stages.start(key, Stage.FRAMES)
        with mock.patch("gaze_pipeline.store.catalog.stages.is_mine", return_value=False):
            assert workspace.catalog.stages.release_dead() == 1
    assert row(workspace, Stage.FRAMES).error_code is ErrorCode.PROCESS_DIED
    assert plan(workspace, asked=True) == {}, "it may take down who asks, each time"
    later(monkeypatch, 3601)
    assert plan(workspace) == {key: [Stage.FRAMES]}
    assert plan(workspace, asked=True) == {key: [Stage.FRAMES]}


def test_a_file_that_is_back_is_taken_up_at_once(workspace: Workspace, films: Path) -> None:
    film = films / "0.mp4"
    film.rename(films / "away")
    for _ in range(6):
        fail(workspace, ErrorCode.FILE_NOT_FOUND)
    assert plan(workspace) == {}
    (films / "away").rename(film)
    assert Stage.FRAMES in plan(workspace)[key_of(workspace)]


def test_a_full_disk_is_told_and_left_as_soon_as_there_is_room(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(planning, "shortage", lambda paths, reserve_mb: "1 MiB free")
        assert plan(workspace) == {}
        told = workspace.catalog.revision()
        assert plan(workspace) == {}
        assert workspace.catalog.revision() == told, "a full disk is not written to each time"
        (video,) = workspace.catalog.videos.all()
        assert video.state is State.FAILED
        assert row(workspace, Stage.AUDIO).error_code is ErrorCode.DISK_FULL
    assert plan(workspace) == {key_of(workspace): [Stage.AUDIO, Stage.FRAMES]}


def test_a_disk_that_fills_up_in_the_midst_is_waited_for_with_growing_patience(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(workspace, ErrorCode.DISK_FULL)
    assert plan(workspace) == {}, "there is room for the reserve, but not for this"
    later(monkeypatch, 11)
    assert plan(workspace) != {}


def test_work_goes_on_once_the_model_is_there(
    films: Path, workspace: Workspace, test_models: ModelSettings
) -> None:
    key = key_of(workspace)
    plan(workspace)
    waits = row(workspace, Stage.EMBEDDINGS)
    assert (waits.status, waits.error_code) == (Status.WAITING, ErrorCode.MODEL_MISSING)
    assert f"gaze models pull {waits.error_detail}" in waits.remedy
    installed = Workspace.open(workspace.settings.model_copy(update={"models": test_models}))
    assert Stage.EMBEDDINGS in plan(installed)[key]
    assert films.exists()


def test_a_video_that_is_forgotten_meanwhile_leaves_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, told = key_of(workspace), Heartbeat.__call__

    def forget(self: Heartbeat, fraction: float) -> None:
        workspace.catalog.videos.remove(key)
        told(self, fraction)

    monkeypatch.setattr(Heartbeat, "__call__", forget)
    (outcome,) = run_stage(Stage.FRAMES, [key], workspace)
    assert not outcome.status.settled
    assert workspace.artifacts.info(key, Stage.FRAMES) is None
    assert workspace.catalog.videos.all() == []


def test_what_is_cancelled_while_indexing_is_left(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Heartbeat.__call__

    def stop(self: Heartbeat, fraction: float) -> None:
        cancel(workspace, workspace.catalog.videos.all())
        told(self, fraction)

    monkeypatch.setattr(Heartbeat, "__call__", stop)
    report = index(workspace, Watcher())
    assert {outcome.status for outcome in report.outcomes} == {Status.CANCELLED}
    assert index(workspace, Watcher()).outcomes == [], "indexing does not take it up again"


def test_an_index_that_was_cancelled_says_so(
    tmp_path: Path,
    films: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in root_variables(tmp_path / "other", films).items():
        monkeypatch.setenv(name, value)
    told = Heartbeat.__call__

    def stop(self: Heartbeat, fraction: float) -> None:
        workspace = Workspace.open()
        cancel(workspace, workspace.catalog.videos.all())
        told(self, fraction)

    monkeypatch.setattr(Heartbeat, "__call__", stop)
    with pytest.raises(SystemExit) as ended:
        index_command.index()
    assert ended.value.code == index_command.CANCELLED_EXIT
    assert "CANCELLED 1 video" in capsys.readouterr().out
