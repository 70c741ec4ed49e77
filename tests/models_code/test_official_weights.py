"""The official CLIP and SSDLite on real photographs; runs where those weights are under GAZE_MODELS."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gaze_pipeline.models.hub import Models
from gaze_pipeline.models.installed import ModelState, status
from gaze_pipeline.models.manifest import Kind, load_manifest

pytestmark = pytest.mark.real_models

SHOWN = {
    "skimage_chelsea.png": ("a photo of a cat", "cat"),
    "skimage_coffee.png": ("a cup of coffee", "cup"),
    "skimage_motorcycle_left.png": ("a motorcycle", "motorcycle"),
    "skimage_astronaut.png": ("an astronaut in a space suit", "person"),
    "skimage_rocket.jpg": ("a rocket launch", None),
    "skimage_coins.png": ("old coins", None),
    "sam2_truck.jpg": ("a truck on the street", "truck"),
}


@pytest.fixture(scope="module")
def photos(media: Path) -> dict[str, np.ndarray]:
    folder = media / "photo"
    return {name: np.asarray(Image.open(folder / name).convert("RGB")) for name in SHOWN}


def official(kind: Kind) -> Models:
    """The installed official models. Skips where the one of this kind is not there."""
    models_dir = Path(os.environ.get("GAZE_MODELS", "data/models"))
    manifest = load_manifest()
    if status(manifest.of_kind(kind), models_dir).state is not ModelState.READY:
        pytest.skip(f"the official {kind} is not under GAZE_MODELS")
    return Models(manifest, models_dir, "cpu")


def test_each_caption_finds_its_photo(photos: dict[str, np.ndarray]) -> None:
    models = official("clip")

    seen = models.clip().encode_images(list(photos.values()))
    said = models.clip_text().encode_texts([caption for caption, _ in SHOWN.values()])

    assert (said @ seen.T).argmax(axis=1).tolist() == list(range(len(SHOWN)))


def test_things_are_named(photos: dict[str, np.ndarray]) -> None:
    detector = official("detector").detector()

    found = dict(zip(photos, detector.detect(list(photos.values())), strict=True))

    for name, (_, label) in SHOWN.items():
        if label is not None:
            assert label in {thing.label for thing in found[name]}, name
