from __future__ import annotations

from pathlib import Path

import pytest
import tomlkit

from gaze_pipeline import settings as settings_file
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.settings import EXAMPLE, Library, Settings, load


@pytest.fixture(autouse=True)
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAZE_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()


def write(tmp_path: Path, text: str) -> None:
    (tmp_path / "data" / "gaze.toml").write_text(text)


def test_the_example_documents_every_key_with_its_default(tmp_path: Path) -> None:
    write(tmp_path, EXAMPLE.read_text())
    assert load() == Settings(root=tmp_path / "data")
    text = EXAMPLE.read_text()
    for name, field in Settings.model_fields.items():
        if name in ("root", "libraries"):
            continue
        assert f"[{name}]" in text
        for key in type(field.get_default()).model_fields:
            assert f"\n{key} =" in text or f"\n# {key} =" in text, f"{name}.{key} is not documented"


def test_variables_win_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "[frames]\nevery_ms = 500\nthumbnail_px = 640\n")
    monkeypatch.setenv("GAZE_FRAMES__EVERY_MS", "750")
    monkeypatch.setenv("GAZE_MODELS", str(tmp_path / "m"))
    settings = load()
    assert (settings.frames.every_ms, settings.frames.thumbnail_px) == (750, 640)
    assert settings.models_dir == tmp_path / "m"


def test_a_relative_library_starts_at_the_data_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "[[libraries]]\nname = 'x'\npath = '../films'\n")
    monkeypatch.chdir("/")
    assert load().libraries == [Library(name="x", path=tmp_path / "films")]
    write(tmp_path, "[[libraries]]\nname = 'x'\npath = '~/films'\n")
    assert load().libraries[0].path == Path.home() / "films"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[frames]\nevery_ms = 5\n", "frames.every_ms"),
        ("[frames]\nevery = 5\n", "frames.every"),
        ("[serch]\n", "serch"),
        ("[[libraries]]\nname = 'x'\n", "libraries.0.path"),
        ("not toml", "gaze.toml"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, text: str, key: str) -> None:
    write(tmp_path, text)
    with pytest.raises(GazeError) as caught:
        load()
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert key in str(caught.value)


def test_libraries_are_written_beside_the_comments(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    settings = settings_file.add_library(load(), Library(name="films", path=folder))
    assert settings.library("films").path == folder
    text = (tmp_path / "data" / "gaze.toml").read_text()
    assert "# one frame is looked at" not in tomlkit.parse(text)
    assert "one frame is looked at every two seconds" in text
    assert settings_file.remove_library(settings, "films").libraries == []


def test_overlapping_libraries_are_refused(tmp_path: Path) -> None:
    (tmp_path / "films" / "old").mkdir(parents=True)
    settings = settings_file.add_library(load(), Library(name="films", path=tmp_path / "films"))
    for name, folder, code in (
        ("films", tmp_path, ErrorCode.LIBRARY_EXISTS),
        ("again", tmp_path / "films", ErrorCode.LIBRARY_EXISTS),
        ("inside", tmp_path / "films" / "old", ErrorCode.LIBRARY_NESTED),
        ("around", tmp_path, ErrorCode.LIBRARY_NESTED),
        ("absent", tmp_path / "nowhere", ErrorCode.FILE_NOT_FOUND),
    ):
        with pytest.raises(GazeError) as caught:
            settings_file.add_library(settings, Library(name=name, path=folder))
        assert caught.value.code is code


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (("films", "films"), ("one", "two")),
        (("films", "again"), ("one", "one")),
        (("films", "old"), ("one", "one/old")),
        (("films", "link"), ("one", "to-one")),
    ],
)
def test_overlapping_libraries_in_the_file_are_refused(
    tmp_path: Path, names: tuple[str, str], folders: tuple[str, str]
) -> None:
    (tmp_path / "one" / "old").mkdir(parents=True)
    (tmp_path / "to-one").symlink_to(tmp_path / "one")
    write(
        tmp_path,
        "".join(
            f"[[libraries]]\nname = '{name}'\npath = '{tmp_path / folder}'\n"
            for name, folder in zip(names, folders, strict=True)
        ),
    )
    with pytest.raises(GazeError) as caught:
        load()
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert caught.value.detail.startswith("libraries: ")


def test_model_places_mean_the_same_in_every_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GAZE_MODELS", "mine/models")
    monkeypatch.setenv("GAZE_MODELS__MANIFEST", "~/manifest.toml")
    settings = load()
    assert settings.models_dir == tmp_path / "mine" / "models"
    assert settings.models.manifest == tmp_path / "home" / "manifest.toml"


def test_a_folder_inside_a_library_is_covered(tmp_path: Path) -> None:
    films = tmp_path / "films"
    for recursive in (True, False):
        library = Library(name="films", path=films, recursive=recursive)
        settings = Settings(root=tmp_path / "data", libraries=[library])
        assert settings.covering(films / "old") == (library if recursive else None)
        assert settings.covering(films) is None
        assert settings.covering(tmp_path) is None
