from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.media.encode import write_video
from gaze_pipeline.settings import FrameSettings
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.requests import cancel, retry
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.workspace import Workspace

Open = Callable[..., Workspace]
SECONDS = 5


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of colours that change every second, with a tone."""
    path = tmp_path_factory.mktemp("clip") / "colours.mp4"
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200)]
    frames = (
        np.full((120, 160, 3), colours[index // 10], dtype=np.uint8)
        for index in range(SECONDS * 10)
    )
    tone = np.sin(np.arange(SECONDS * 16_000) / 10).astype(np.float32) * 0.3
    write_video(path, frames, fps=10, audio=tone)
    return path


@pytest.fixture
def films(tmp_path: Path, clip: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    shutil.copy2(clip, folder / "colours.mp4")
    return folder


def state(workspace: Workspace) -> State:
    (video,) = workspace.catalog.videos.all()
    return video.state


def test_audio_and_frames_land_as_artifacts(films: Path, open_workspace: Open) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)
    (audio,) = run_stage(Stage.AUDIO, [key], workspace)
    (frames,) = run_stage(Stage.FRAMES, [key], workspace)
    assert (audio.status, frames.status) == (Status.DONE, Status.DONE)
    (track,) = workspace.artifacts.read(key, Stage.AUDIO).to_pylist()
    assert track["duration_ms"] == pytest.approx(SECONDS * 1000, abs=100)
    rows = workspace.artifacts.read(key, Stage.FRAMES).to_pylist()
    assert [row["timestamp_ms"] for row in rows] == [0, 2000, 4000]
    for row in rows:
        assert (workspace.paths.video(key) / row["thumbnail"]).is_file()


def test_what_is_there_is_not_made_again(films: Path, open_workspace: Open) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)
    list(run_stage(Stage.FRAMES, [key], workspace))
    (again,) = run_stage(Stage.FRAMES, [key], workspace)
    assert again.skipped
    denser = Workspace.open(
        workspace.settings.model_copy(update={"frames": FrameSettings(every_ms=1000)})
    )
    assert Stage.FRAMES in plan(denser)[key]
    (made,) = run_stage(Stage.FRAMES, [key], denser)
    assert (made.skipped, made.rows) == (False, 5)


def test_a_lost_catalog_is_rebuilt_from_folders_and_artifacts(
    films: Path, open_workspace: Open
) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)
    list(run_stage(Stage.AUDIO, [key], workspace))
    for file in workspace.paths.root.glob("catalog.sqlite*"):
        file.unlink()
    reborn = Workspace.open(workspace.settings)
    scan_libraries(reborn)
    (outcome,) = run_stage(Stage.AUDIO, list(plan(reborn)), reborn)
    assert outcome.skipped


def test_without_models_a_video_waits_and_says_for_what(films: Path, open_workspace: Open) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    todo = plan(workspace)
    assert list(todo.values()) == [[Stage.AUDIO, Stage.FRAMES]]
    for key, stages in todo.items():
        for stage in stages:
            list(run_stage(stage, [key], workspace))
    assert plan(workspace) == {}
    assert state(workspace) is State.WAITING
    (video,) = workspace.catalog.videos.all()
    assert video.problem is not None
    assert video.problem.error_code is ErrorCode.MODEL_MISSING


def test_a_vanished_file_fails_alone_and_can_be_retried(films: Path, open_workspace: Open) -> None:
    workspace = open_workspace(films)
    shutil.copy2(films / "colours.mp4", films / "second.mp4")
    with (films / "second.mp4").open("ab") as file:
        file.write(b"\0" * 100)
    scan_libraries(workspace)
    first, second = plan(workspace)
    gone = workspace.catalog.videos.get(first)
    assert gone is not None
    gone.path.rename(films / "hidden")
    outcomes = list(run_stage(Stage.AUDIO, [first, second], workspace))
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.DONE]
    assert outcomes[0].code is ErrorCode.FILE_NOT_FOUND
    (films / "hidden").rename(gone.path)
    assert Stage.AUDIO in plan(workspace)[first]


def test_an_interrupted_stage_goes_on_next_time(films: Path, open_workspace: Open) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)

    def interrupt(fingerprint: str, fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_stage(Stage.FRAMES, [key], workspace, interrupt))
    assert workspace.artifacts.info(key, Stage.FRAMES) is None
    assert Stage.FRAMES in plan(workspace)[key]
    assert not list(workspace.paths.video(key).glob(".*")), "nothing half-made is left"


def test_what_was_cancelled_waits_to_be_asked_for(films: Path, open_workspace: Open) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)
    assert cancel(workspace, workspace.catalog.videos.all(), [Stage.FRAMES]) == 1
    assert Stage.FRAMES not in plan(workspace)[key]
    assert Stage.FRAMES not in plan(workspace, asked=True)[key]
    assert retry(workspace, workspace.catalog.videos.all()) == 1
    assert Stage.FRAMES in plan(workspace)[key]


def test_an_unplugged_disk_costs_no_attempts(films: Path, open_workspace: Open) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)
    (films / "colours.mp4").rename(films / "unplugged")
    for _ in range(5):
        list(run_stage(Stage.FRAMES, [key], workspace))
    assert plan(workspace) == {}
    (films / "unplugged").rename(films / "colours.mp4")
    assert Stage.FRAMES in plan(workspace)[key]


def test_a_stage_before_its_input_says_so_and_harms_nothing(
    films: Path, open_workspace: Open
) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)
    workspace.catalog.stages.settle(key, Stage.FRAMES, Status.FAILED, ErrorCode.FILE_DAMAGED, "why")
    (outcome,) = run_stage(Stage.DETECTIONS, [key], workspace)
    assert outcome.code is ErrorCode.STAGE_NOT_READY
    video = workspace.catalog.videos.get(key)
    assert video is not None
    assert video.stages[Stage.FRAMES].error_detail == "why"


def test_two_processes_share_the_work(films: Path, open_workspace: Open) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)
    code = f"""
from gaze_pipeline.settings import Settings
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace
import time
workspace = Workspace.open(Settings(root={str(workspace.settings.root)!r}))
def slowly(fingerprint, fraction):
    print("at it", flush=True)
    time.sleep(0.2)
list(run_stage(Stage.FRAMES, [{key!r}], workspace, slowly))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        (outcome,) = run_stage(Stage.FRAMES, [key], workspace)
        other.stdout.read()
    assert (outcome.status, outcome.skipped) == (Status.DONE, True)


def test_a_caller_that_waits_for_another_process_can_give_up(
    films: Path, open_workspace: Open
) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)
    code = f"""
from gaze_pipeline.settings import Settings
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace
workspace = Workspace.open(Settings(root={str(workspace.settings.root)!r}))
print(workspace.catalog.stages.start({key!r}, Stage.FRAMES).name, flush=True)
input()
"""

    def interrupt(fingerprint: str, fraction: float) -> None:
        raise KeyboardInterrupt

    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "YOURS\n"
        with pytest.raises(KeyboardInterrupt):
            list(run_stage(Stage.FRAMES, [key], workspace, interrupt))
        assert workspace.catalog.videos.all()[0].stages[Stage.FRAMES].status is Status.RUNNING
        other.communicate("\n")


def test_an_unreadable_input_is_made_again(films: Path, open_workspace: Open) -> None:
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (key,) = plan(workspace)
    list(run_stage(Stage.FRAMES, [key], workspace))
    workspace.paths.artifact(key, Stage.FRAMES).write_bytes(b"rubbish")
    (outcome,) = run_stage(Stage.DETECTIONS, [key], workspace)
    assert outcome.code is ErrorCode.ARTIFACT_CORRUPT
    assert Stage.FRAMES in plan(workspace)[key]
