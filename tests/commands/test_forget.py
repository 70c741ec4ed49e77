"""`gaze remember`: what it says of files that were forgotten, and of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaze_pipeline.commands.forget import remember
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.store.forgotten import Forgotten
from gaze_pipeline.workspace import Workspace
from tests.support.roots import root_variables


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of three files, none of them forgotten."""
    films = tmp_path / "films"
    films.mkdir()
    for number in range(3):
        (films / f"{number}.mp4").write_bytes(b"film %d" % number)
    for name, value in root_variables(tmp_path / "data", films).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    return films


@pytest.mark.parametrize(
    ("forgotten", "said"),
    [
        (0, "No forgotten video is there: nothing changes."),
        (1, "1 video will be indexed again: `gaze scan` finds it,"),
        (2, "2 videos will be indexed again: `gaze scan` finds them,"),
    ],
)
def test_it_says_what_will_be_indexed_again(
    films: Path, capsys: pytest.CaptureFixture[str], forgotten: int, said: str
) -> None:
    marks = Forgotten(Workspace.open().paths)
    for number in range(forgotten):
        marks.add(fingerprint(films / f"{number}.mp4"))
    remember(films)
    assert said in capsys.readouterr().out
    assert marks.count() == 0


def test_a_place_that_is_not_there_is_an_error(films: Path) -> None:
    with pytest.raises(GazeError) as caught:
        remember(films / "absent")
    assert caught.value.code is ErrorCode.FILE_NOT_FOUND
