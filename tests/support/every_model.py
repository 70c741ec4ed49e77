"""A small model of every kind that indexing may load, but of Whisper, in one folder."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from gaze_pipeline.models.fetch import pull
from gaze_pipeline.models.manifest import load_manifest
from gaze_pipeline.models.sentence_encoder import WEIGHTS
from gaze_pipeline.settings import ModelSettings
from tests.support.sentences import write_model

SENTENCES = """
[[model]]
id = "tiny-sentences"
kind = "sentence"
title = "Tiny"
licence = "MIT"
[[model.source]]
name = "here"
kind = "folder"
location = "weights"
files = [{{ name = "{name}", sha256 = "{sha256}" }}]
"""


def sentence_manifest(folder: Path) -> Path:
    """A manifest of a small sentence model alone, whose weights are written beside it."""
    weights = folder / "weights" / WEIGHTS
    weights.parent.mkdir()
    write_model(weights)
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    manifest = folder / "manifest.toml"
    manifest.write_text(SENTENCES.format(name=WEIGHTS, sha256=sha256))
    return manifest


def every_model(folder: Path, images: ModelSettings) -> ModelSettings:
    """The image models that are installed, and a small sentence model with them."""
    assert images.directory is not None
    assert images.manifest is not None
    manifest, directory = sentence_manifest(folder), folder / "models"
    for kind in ("clip", "detector"):
        name = load_manifest(images.manifest).of_kind(kind).id
        shutil.copytree(images.directory / name, directory / name)
    manifest.write_text(images.manifest.read_text() + manifest.read_text())
    pull(load_manifest(manifest).of_kind("sentence"), directory)
    return ModelSettings(directory=directory, manifest=manifest, device="cpu")
