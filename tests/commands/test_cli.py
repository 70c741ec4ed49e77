from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.gaze import Gaze


@pytest.fixture
def gaze(tmp_path: Path) -> Gaze:
    return Gaze(tmp_path / "data")


def test_help_names_every_command(gaze: Gaze) -> None:
    text = gaze.run("--help").stdout
    for command in (
        *("up", "index", "search", "models", "library", "scan", "status", "doctor"),
        *("captions", "demo"),
    ):
        assert command in text


def test_a_first_look_teaches_the_next_step(gaze: Gaze) -> None:
    assert "gaze library add" in gaze.run("status").stdout
    assert "gaze library add" in gaze.run("library", "list").stdout
    assert gaze.json("status") == {"videos": [], "refused": []}


def test_searching_before_indexing_says_so(gaze: Gaze) -> None:
    done = gaze.run("search", "anything", check=False)
    assert done.returncode == 1
    assert "INDEX_MISSING" in done.stderr
    assert "gaze index" in done.stderr


def test_indexing_without_models_goes_as_far_as_it_can(gaze: Gaze, media: Path) -> None:
    folder = gaze.root.parent / "films"
    folder.mkdir()
    shutil.copy(media / "video" / "sam2_04_coffee.mp4", folder)
    shutil.copy(media / "odd" / "text_file.mp4", folder)
    gaze.run("library", "add", str(folder))
    done = gaze.run("index", check=False)
    assert done.returncode == 1, "a file that is no video is reported"
    assert "NOT_A_VIDEO" in done.stdout
    assert "MODEL_MISSING" in done.stdout
    assert "gaze models pull" in done.stdout
    status = gaze.json("status")
    assert [video["state"] for video in status["videos"]] == ["WAITING"]
    assert [file["error"] for file in status["refused"]] == ["NOT_A_VIDEO"]
    answer = gaze.json("search", "coffee")
    assert answer["moments"] == []
    assert answer["coverage"]["transcript"]["videos"] == 0
    assert answer["coverage"]["transcript"]["unsearched"][0]["reason"] == "MODEL_MISSING"


def test_libraries_are_added_listed_and_removed(gaze: Gaze, tmp_path: Path) -> None:
    folder = tmp_path / "Urlaub 2024 \N{BEACH WITH UMBRELLA}"
    folder.mkdir()
    (folder / "readme.txt").write_text("no video here")
    gaze.run("library", "add", str(folder), "--name", "holiday")
    assert "holiday" in gaze.run("library", "list").stdout
    again = gaze.run("library", "add", str(folder), check=False)
    assert (again.returncode, "LIBRARY_EXISTS" in again.stderr) == (1, True)
    gaze.run("library", "remove", "holiday")
    unknown = gaze.run("library", "remove", "holiday", check=False)
    assert (unknown.returncode, "LIBRARY_UNKNOWN" in unknown.stderr) == (1, True)


def test_a_wrong_setting_is_named(gaze: Gaze) -> None:
    gaze.root.mkdir()
    (gaze.root / "gaze.toml").write_text("[frames]\nevery_ms = 'often'\n")
    done = gaze.run("status", check=False)
    assert done.returncode == 1
    assert "frames.every_ms" in done.stderr
    assert "SETTINGS_INVALID" in gaze.run("doctor", check=False).stdout


def test_the_doctor_finds_what_is_missing(gaze: Gaze) -> None:
    done = gaze.run("doctor", check=False)
    assert done.returncode == 1
    for expected in ("python", "MODEL_MISSING", "gaze models pull", "INDEX_MISSING"):
        assert expected in done.stdout
