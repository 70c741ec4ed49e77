from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from gaze_pipeline import cli
from gaze_pipeline.commands import services
from gaze_pipeline.errors import ErrorCode, GazeError
from tests.support.gaze import Gaze


@pytest.fixture
def gaze(tmp_path: Path) -> Gaze:
    return Gaze(tmp_path / "data")


def test_help_names_every_command(gaze: Gaze) -> None:
    text = gaze.run("--help").stdout
    for command in (
        *("up", "index", "search", "models", "library", "scan", "status", "doctor"),
        *("captions", "demo", "cancel", "retry"),
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


def test_the_doctor_finds_a_damaged_catalog(gaze: Gaze) -> None:
    gaze.root.mkdir()
    (gaze.root / "catalog.sqlite").write_bytes(b"this is no database" * 100)
    done = gaze.run("status", check=False)
    assert done.returncode == 1
    assert "DATA_ROOT_UNUSABLE" in done.stderr
    assert "made anew by `gaze index`" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    report = gaze.run("doctor", check=False).stdout
    assert "DATA_ROOT_UNUSABLE" in report
    assert "INDEX_MISSING" in report, "what comes after is looked at too"
    assert "The catalog was damaged" in gaze.run("index").stdout
    gaze.run("status")


def test_a_data_root_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    gaze = Gaze(tmp_path / "file" / "data")
    done = gaze.run("status", check=False)
    assert done.returncode == 1
    assert "DATA_ROOT_UNUSABLE" in done.stderr
    assert "Traceback" not in done.stderr
    assert "DATA_ROOT_UNUSABLE" in gaze.run("doctor", check=False).stdout


def test_arguments_that_are_too_long_are_named(gaze: Gaze, tmp_path: Path) -> None:
    for arguments, name in (
        (("search", "fox " * 300), "WORDS"),
        (("library", "add", str(tmp_path), "--name", "n" * 65), "name: "),
    ):
        done = gaze.run(*arguments, check=False)
        assert done.returncode == 1
        assert "ARGUMENT_INVALID" in done.stderr
        assert name in done.stderr
        assert "Traceback" not in done.stderr


def test_the_unforeseen_has_a_code_and_leaves_its_traceback_in_the_log(
    gaze: Gaze, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("a [/bold] surprise")

    monkeypatch.setenv("GAZE_DATA", str(gaze.root))
    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr(cli, "entry_points", lambda group: ())
    monkeypatch.setattr(sys, "argv", ["gaze", "forget", "/films/Private.mp4", "--yes"])
    with pytest.raises(SystemExit):
        cli.main()
    told = capsys.readouterr().err
    assert "INTERNAL" in told
    assert "RuntimeError: a [/bold] surprise" in told
    assert "Traceback" not in told
    log = (gaze.root / "logs" / "gaze-cli.log").read_text()
    assert "Traceback" in log
    assert "forget … --yes" in log
    assert "Private" not in log


def test_names_are_never_read_as_markup(gaze: Gaze, tmp_path: Path) -> None:
    folder = tmp_path / "[raw]"
    folder.mkdir()
    (folder / "[b].mp4").write_text("no video")
    added = gaze.run("library", "add", str(folder), "--name", "[/x]").stdout
    assert f"Library [/x] added: {folder}" in added
    listed = gaze.run("library", "list").stdout
    assert "[/x]" in listed
    assert "[raw]" in listed
    status = gaze.run("status").stdout
    assert "[/x]" in status
    assert "[b].mp4" in status
    assert "library [/x]" in gaze.run("doctor", check=False).stdout
    (folder / "[b].mp4").unlink()
    assert f"OFFLINE library [/x], {folder}: the folder is empty" in gaze.run("scan").stdout
    assert "Library [/x] removed" in gaze.run("library", "remove", "[/x]").stdout


def test_up_takes_a_folder_inside_a_library_as_searched(
    gaze: Gaze, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = tmp_path / "films" / "old"
    inside.mkdir(parents=True)
    monkeypatch.setenv("GAZE_DATA", str(gaze.root))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(services, "run", lambda console: console.print("running"))
    services.up([tmp_path / "films"])
    services.up([inside])
    told = capsys.readouterr().out
    assert f"{inside} lies inside library films" in told
    assert told.count("running") == 2
    with pytest.raises(GazeError) as caught:
        services.up([tmp_path])
    assert caught.value.code is ErrorCode.LIBRARY_NESTED
