"""`gaze cancel` and `gaze retry`, and what can be named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaze_pipeline.commands.requests import cancel, retry
from gaze_pipeline.commands.videos import named
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import State
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.workspace import Workspace
from tests.support.roots import root_variables

PATHS = {"a": "/films/old/a.mp4", "b": "/films/b.mp4", "c": "/trips/c.mp4"}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Three queued videos in two libraries, and a file that is no video."""
    for name, value in root_variables(tmp_path / "data", Path("/films"), Path("/trips")).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    workspace = Workspace.open()
    for name, path in PATHS.items():
        library = Path(path).parts[1]
        workspace.catalog.files.record([FileRow(Path(path), library, 1, 1, name * 16)])
        workspace.catalog.videos.add(name * 16, 1000)
    notes = FileRow(Path("/films/notes.mp4"), "films", 1, 1, None, ErrorCode.NOT_A_VIDEO)
    workspace.catalog.files.record([notes])
    return workspace


def states(workspace: Workspace) -> dict[str, State]:
    return {video.fingerprint[0]: video.state for video in workspace.catalog.videos.all()}


@pytest.mark.parametrize(
    ("names", "meant", "refused"),
    [
        (["films"], "ab", 1),
        (["/films"], "ab", 1),
        (["/films/old"], "a", 0),
        (["/films/b.mp4", "c" * 16], "bc", 0),
        (["/films/notes.mp4"], "", 1),
        (["trips", "/trips/c.mp4"], "c", 0),
    ],
    ids=str,
)
def test_videos_go_by_path_folder_fingerprint_and_library(
    workspace: Workspace, names: list[str], meant: str, refused: int
) -> None:
    found = named(workspace, names)
    assert sorted(video.fingerprint[0] for video in found.videos) == list(meant)
    assert len(found.refused) == refused


def test_what_is_unknown_or_unsaid_is_told(workspace: Workspace) -> None:
    for names, every, code in (
        (["/films/other.mp4"], False, ErrorCode.VIDEO_UNKNOWN),
        ([], False, ErrorCode.ARGUMENT_INVALID),
        (["films"], True, ErrorCode.ARGUMENT_INVALID),
    ):
        with pytest.raises(GazeError) as caught:
            named(workspace, names, every)
        assert caught.value.code is code


def test_cancelled_work_waits_until_it_is_asked_for(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    cancel(["films"])
    assert "2 videos cancelled" in capsys.readouterr().out
    assert states(workspace) == {"a": State.CANCELLED, "b": State.CANCELLED, "c": State.QUEUED}
    cancel(["films"])
    assert "nothing to cancel" in capsys.readouterr().out
    retry(["/films/b.mp4"])
    assert "1 video taken up again" in capsys.readouterr().out
    assert states(workspace) == {"a": State.CANCELLED, "b": State.QUEUED, "c": State.QUEUED}


def test_everything_at_once(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    cancel(every=True)
    assert set(states(workspace).values()) == {State.CANCELLED}
    retry(every=True)
    assert set(states(workspace).values()) == {State.QUEUED}
    assert "4 videos taken up again" in capsys.readouterr().out, "the refused file, too"
