"""A channel that is switched off: its stages are left out, and come back with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gaze_pipeline.channels import Channel, stages_of
from gaze_pipeline.checks import tally
from gaze_pipeline.commands import status as status_command
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.settings import ChannelSettings, Settings
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.requests import cancel, retry
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.workspace import Workspace
from gaze_search_app import library_view
from tests.support.roots import tiny_library

SILENT = ChannelSettings(speech=False, text=False, meaning=False)
FRAMES_ONLY = ChannelSettings(speech=False, pictures=False, labels=False, text=False, meaning=False)


@pytest.fixture
def workspace(tmp_path: Path, open_workspace: Callable[..., Workspace]) -> Workspace:
    """One queued video."""
    workspace = open_workspace(tiny_library(tmp_path / "films", 1))
    scan_libraries(workspace)
    return workspace


def with_channels(workspace: Workspace, channels: ChannelSettings) -> Workspace:
    return Workspace(workspace.settings.model_copy(update={"channels": channels}))


def test_all_channels_are_on_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for channel in Channel:
        monkeypatch.delenv(f"GAZE_CHANNELS__{channel.name}", raising=False)
    settings = Settings(root=tmp_path)
    assert settings.channels.on == set(Channel)
    assert settings.stages == set(Stage)


def test_a_variable_switches_a_channel_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAZE_CHANNELS__LABELS", "false")
    assert Stage.DETECTIONS not in Settings(root=tmp_path).stages


def test_meaning_is_that_of_speech() -> None:
    assert Channel.MEANING not in ChannelSettings(speech=False).on


def test_a_channel_needs_what_its_stage_reads() -> None:
    assert stages_of([Channel.SPEECH]) == {Stage.AUDIO, Stage.TRANSCRIPT, Stage.FRAMES}
    assert stages_of([]) == {Stage.FRAMES}, "every result shows a picture"


def test_a_video_is_done_when_its_wanted_stages_are(workspace: Workspace) -> None:
    space = with_channels(workspace, FRAMES_ONLY)
    index(space, Watcher())
    (video,) = space.catalog.videos.all()
    assert video.state is State.DONE
    assert (video.progress, set(video.stages)) == (1.0, {Stage.FRAMES})
    (row,) = library_view.rows(space.catalog)
    assert [cell.stage for cell in row.stages] == [Stage.FRAMES]
    assert tally(Stage.TRANSCRIPT, [video]).passed
    (everything,) = workspace.catalog.videos.all()
    assert everything.state is State.QUEUED


def test_what_was_made_before_stays_and_counts_again(workspace: Workspace) -> None:
    index(workspace, Watcher())
    (before,) = workspace.catalog.videos.all()
    assert before.stage(Stage.TRANSCRIPT).status is Status.WAITING
    artifact = workspace.paths.artifact(before.fingerprint, Stage.AUDIO)
    made = artifact.stat().st_mtime_ns

    silent = with_channels(workspace, SILENT)
    index(silent, Watcher())
    (video,) = silent.catalog.videos.all()
    assert video.problem is not None
    assert video.problem.stage is Stage.EMBEDDINGS, "no word of the transcript that is not wanted"

    index(workspace, Watcher())
    (after,) = workspace.catalog.videos.all()
    assert after.stages == before.stages
    assert artifact.stat().st_mtime_ns == made


def test_a_failure_of_a_stage_that_is_off_is_none(workspace: Workspace) -> None:
    (video,) = workspace.catalog.videos.all()
    workspace.catalog.stages.start(video.fingerprint, Stage.AUDIO)
    workspace.catalog.stages.settle(
        video.fingerprint, Stage.AUDIO, Status.FAILED, ErrorCode.FILE_UNREADABLE
    )
    space = with_channels(workspace, SILENT)
    (video,) = space.catalog.videos.all()
    assert (video.state, video.problem, video.retry_at) == (State.QUEUED, None, None)
    assert retry(space, [video]) == 0
    assert Stage.AUDIO not in plan(space, asked=True)[video.fingerprint]
    cancel(space, [video])
    assert workspace.catalog.videos.all()[0].stage(Stage.AUDIO).status is Status.FAILED


def test_the_status_leaves_out_what_is_off(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    index(workspace, Watcher())
    space = with_channels(workspace, FRAMES_ONLY)
    monkeypatch.setattr(status_command.Workspace, "open", lambda: space)
    status_command.status(as_json=True)
    (video,) = json.loads(capsys.readouterr().out)["videos"]
    assert (video["state"], list(video["stages"])) == ("DONE", ["frames"])
