"""A bundle for a bug report: it says what failed, and nothing of the user's own."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from gaze_pipeline.bundle import collect
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.settings import Library, Settings, SupportSettings
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace
from tests.support.gaze import Gaze
from tests.support.synthetic import Film, Line, SyntheticRoot

FILM = Path("/media/Family disk/Ärger im Urlaub.mp4")
SAID = "Zebrafish quartzite umbrella"
TOKEN = "tok3n-tok3n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    root = SyntheticRoot(tmp_path / "data")
    monkeypatch.setenv("GAZE_DATA", str(root.root))
    root.settings = Settings(
        root=root.root,
        libraries=[Library(name="Family", path=FILM.parent)],
        models={"mirror": "http://me:pa55@host/models"},
    )
    root.add(Film("a" * 16, [Line(0, 1000, SAID)], path=FILM))
    publish(root.workspace)
    catalog = root.workspace.catalog
    catalog.stages.reset("a" * 16, Stage.FRAMES)
    catalog.stages.start("a" * 16, Stage.FRAMES)
    detail = f"cannot open '{FILM}'"
    catalog.stages.settle(
        "a" * 16, Stage.FRAMES, Status.FAILED, ErrorCode.CODEC_UNSUPPORTED, detail
    )
    paths = root.settings.paths
    paths.run.mkdir()
    (paths.run / "token").write_text(TOKEN)
    paths.logs.mkdir()
    lines = [f"http://localhost/?token={TOKEN}", str(FILM), FILM.name, f"heard: {SAID}", "all well"]
    (paths.logs / "search.log").write_text("\n".join(lines))
    return root.settings


def test_it_holds_what_a_report_needs(settings: Settings) -> None:
    files = collect(settings).files
    assert {"doctor.txt", "machine.json", "settings.json", "logs/search.log"} <= set(files)
    assert json.loads(files["machine.json"])["versions"]["dagster"]
    assert json.loads(files["state.json"])["videos"] == {"FAILED": 1}
    error = json.loads(files["errors.json"])[0]
    assert (error["stage"], error["code"]) == ("frames", "CODEC_UNSUPPORTED")
    assert json.loads(files["settings.json"])["frames"]["every_ms"] == 2000
    assert json.loads(files["runs.json"]) == []
    assert "all well" in files["logs/search.log"]


def test_it_holds_no_token_no_path_no_word(settings: Settings, tmp_path: Path) -> None:
    bundle = collect(settings)
    target = tmp_path / "bundle.zip"
    bundle.write(target)
    with zipfile.ZipFile(target) as file:
        text = "\n".join(file.read(name).decode() for name in file.namelist())
    for secret in (TOKEN, "pa55", "Urlaub", "Family disk", "Zebrafish", str(tmp_path)):
        assert secret not in text, secret
    assert bundle.left_out == 2  # the bare name, and what was said
    assert bundle.names > 0
    assert bundle.phrases > 0
    assert not bundle.shows_paths


def test_support_mode_shows_paths_and_never_tokens_or_words(settings: Settings) -> None:
    shown = settings.model_copy(update={"support": SupportSettings(log_paths=True)})
    text = "\n".join(collect(shown).files.values())
    assert str(FILM) in text
    assert TOKEN not in text
    assert "Zebrafish" not in text


def test_a_damaged_catalog_is_told_and_stops_nothing(settings: Settings) -> None:
    for suffix in ("-wal", "-shm"):
        settings.paths.catalog.with_name(f"{settings.paths.catalog.name}{suffix}").unlink()
    settings.paths.catalog.write_bytes(b"no database" * 100)
    files = collect(Workspace(settings).settings).files
    assert "could not be told" in files["errors.json"]
    assert "all well" in files["logs/search.log"]


def test_the_command_shows_it_and_asks(settings: Settings, tmp_path: Path) -> None:
    gaze = Gaze(settings.root)
    target = tmp_path / "out.zip"
    asked = gaze.run("doctor", "--bundle", str(target), check=False)
    assert asked.returncode != 0
    assert "errors.json" in asked.stdout
    assert not target.exists()
    assert "Written" in gaze.run("doctor", "--bundle", str(target), "--yes").stdout
    assert zipfile.is_zipfile(target)
