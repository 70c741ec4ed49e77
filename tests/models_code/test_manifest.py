from __future__ import annotations

from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.manifest import load_manifest

TOY = """
[[model]]
id = "toy-clip"
kind = "clip"
title = "Toy"
licence = "MIT"

[[model.source]]
name = "here"
kind = "folder"
location = "weights"
files = [{ name = "a.bin", sha256 = "%s" }]
"""


def test_the_shipped_manifest_names_the_default_set() -> None:
    manifest = load_manifest()

    assert {spec.kind: spec.id for spec in manifest.models} == {
        "whisper": "whisper-base",
        "clip": "openclip-vit-b-32",
        "detector": "ssdlite320-mobilenet-v3",
        "sentence": "multilingual-e5-small",
    }
    assert [source.kind for source in manifest.of_kind("whisper").sources] == ["http", "package"]
    for spec in manifest.models:
        for source in spec.sources:
            assert source.kind != "http" or source.location.startswith("https://")
            assert all("==" in package for package in source.packages)


def test_another_manifest_replaces_the_kinds_it_names(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(TOY % ("0" * 64))

    manifest = load_manifest(path)

    assert manifest.of_kind("clip").id == "toy-clip"
    assert manifest.of_kind("whisper").id == "whisper-base"
    assert manifest.get("toy-clip").sources[0].location == str((tmp_path / "weights").resolve())


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(GazeError) as caught:
        load_manifest().get("whisper-huge")
    assert caught.value.code is ErrorCode.MODEL_UNKNOWN
    assert caught.value.subject == "whisper-huge"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[model", "Expected"),
        (TOY % "abc", "model.0.source.0.files.0.sha256"),
        (TOY.replace('"a.bin"', '"../a.bin"') % ("0" * 64), "name"),
        (TOY % ("0" * 64) + TOY % ("0" * 64), "two models"),
        (TOY.replace("licence", "license") % ("0" * 64), "licence"),
    ],
)
def test_a_wrong_manifest_says_where(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(text)

    with pytest.raises(GazeError) as caught:
        load_manifest(path)

    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert caught.value.subject == str(path)
    assert says in caught.value.detail


def test_a_manifest_that_is_not_there_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(GazeError) as caught:
        load_manifest(tmp_path / "none.toml")
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
