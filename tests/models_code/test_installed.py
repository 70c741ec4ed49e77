from __future__ import annotations

import os
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models import installed
from gaze_pipeline.models.installed import ModelState, model_dir, status
from gaze_pipeline.models.manifest import ModelSpec
from tests.models_code import pinned

CONTENTS = {"config.json": b"{}", "weights.bin": b"weights" * 1000}


@pytest.fixture
def toy() -> ModelSpec:
    return pinned.spec(
        pinned.source(CONTENTS, name="first"),
        pinned.source({"other.bin": b"other"}, name="second"),
    )


def put(models_dir: Path, contents: dict[str, bytes], source: str = "first") -> Path:
    folder = models_dir / "toy" / source
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def test_nothing_there_is_missing(toy: ModelSpec, tmp_path: Path) -> None:
    assert status(toy, tmp_path).state is ModelState.MISSING
    with pytest.raises(GazeError) as caught:
        model_dir(toy, tmp_path)
    assert caught.value.code is ErrorCode.MODEL_MISSING


def test_any_whole_source_is_ready(toy: ModelSpec, tmp_path: Path) -> None:
    folder = put(tmp_path, {"other.bin": b"other"}, "second")

    found = status(toy, tmp_path)

    assert (found.state, found.variant, found.path, found.bytes) == (
        ModelState.READY,
        "second",
        folder,
        5,
    )
    assert model_dir(toy, tmp_path) == folder


@pytest.mark.parametrize("left", ["config.json", "weights.bin.part"])
def test_some_of_the_files_are_partial(toy: ModelSpec, tmp_path: Path, left: str) -> None:
    put(tmp_path, {left: CONTENTS.get(left, b"we")})

    assert status(toy, tmp_path).state is ModelState.PARTIAL
    with pytest.raises(GazeError) as caught:
        model_dir(toy, tmp_path)
    assert caught.value.code is ErrorCode.MODEL_MISSING


def test_a_changed_file_is_corrupt_until_it_is_right_again(toy: ModelSpec, tmp_path: Path) -> None:
    folder = put(tmp_path, CONTENTS)
    assert status(toy, tmp_path).state is ModelState.READY

    (folder / "weights.bin").write_bytes(b"tampered")
    assert status(toy, tmp_path).state is ModelState.CORRUPT
    with pytest.raises(GazeError) as caught:
        model_dir(toy, tmp_path)
    assert caught.value.code is ErrorCode.MODEL_CORRUPT

    (folder / "weights.bin").write_bytes(CONTENTS["weights.bin"])
    assert status(toy, tmp_path).state is ModelState.READY


def test_unchanged_files_are_hashed_once(
    toy: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(tmp_path, CONTENTS)
    status(toy, tmp_path)
    hashed: list[Path] = []
    sha256 = installed.sha256
    monkeypatch.setattr(installed, "sha256", lambda path: hashed.append(path) or sha256(path))

    status(toy, tmp_path)
    assert hashed == []

    os.utime(folder / "weights.bin", ns=(1, 1))
    assert status(toy, tmp_path).state is ModelState.READY
    assert hashed == [folder / "weights.bin"]


def test_in_a_read_only_folder_they_are_hashed_once_a_process(
    toy: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, CONTENTS)

    def refuse(path: Path, target: Path) -> Path:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "replace", refuse)
    assert status(toy, tmp_path).state is ModelState.READY
    monkeypatch.setattr(installed, "sha256", lambda path: pytest.fail(f"{path} hashed again"))
    assert status(toy, tmp_path).state is ModelState.READY


def test_a_download_that_got_nothing_leaves_the_model_missing(
    toy: ModelSpec, tmp_path: Path
) -> None:
    put(tmp_path, {"config.json.part": b""})

    assert status(toy, tmp_path).state is ModelState.MISSING


def test_a_broken_stamp_is_ignored(toy: ModelSpec, tmp_path: Path) -> None:
    folder = put(tmp_path, CONTENTS)
    (folder / installed.STAMP).write_text("{")

    assert status(toy, tmp_path).state is ModelState.READY


def test_a_new_pin_is_not_satisfied_by_an_old_stamp(toy: ModelSpec, tmp_path: Path) -> None:
    put(tmp_path, CONTENTS)
    status(toy, tmp_path)
    newer = pinned.spec(pinned.source({**CONTENTS, "weights.bin": b"newer"}, name="first"))

    assert status(newer, tmp_path).state is ModelState.CORRUPT
