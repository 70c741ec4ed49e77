from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.detector import Detector
from tests.models_code.toys import save_detector

NAMES = ["background", "circle", "square", "star"]


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = [(288, 512), (512, 288), (320, 320), (90, 160)]
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


@pytest.mark.parametrize("half", [False, True])
def test_it_finds_what_torchvision_finds(
    tmp_path: Path, images: list[np.ndarray], half: bool
) -> None:
    reference = save_detector(tmp_path, classes=4, half=half)
    (tmp_path / "detector.json").write_text(json.dumps({"labels": NAMES}))
    with torch.inference_mode():
        tensors = [torch.tensor(image).permute(2, 0, 1).float() / 255 for image in images]
        expected = reference(tensors)

    found = Detector.load(tmp_path, 0.3, "cpu").detect(images)

    tolerance = 0.05 if half else 1e-3
    assert any(len(result["scores"]) for result in expected)
    for image, result, things in zip(images, expected, found, strict=True):
        height, width = image.shape[:2]
        wanted = result["scores"][:20].numpy()
        np.testing.assert_allclose(
            [thing.confidence for thing in things[: len(wanted)]], wanted, atol=tolerance
        )
        if half:
            continue
        for thing, box, label in zip(things, result["boxes"][:5], result["labels"], strict=False):
            corners = (thing.x, thing.y, thing.x + thing.w, thing.y + thing.h)
            scaled = np.array(corners) * (width, height, width, height)
            np.testing.assert_allclose(scaled, box.numpy(), atol=1)
            assert thing.label == NAMES[int(label)]


def test_boxes_lie_in_the_picture_and_surest_come_first(
    tmp_path: Path, images: list[np.ndarray]
) -> None:
    save_detector(tmp_path, classes=4)
    (tmp_path / "detector.json").write_text(json.dumps({"labels": NAMES}))

    for things in Detector.load(tmp_path, 0.3, "cpu").detect(images):
        assert [t.confidence for t in things] == sorted([t.confidence for t in things])[::-1]
        for thing in things:
            assert thing.confidence > 0.3
            assert min(thing.x, thing.y, thing.w, thing.h) >= 0
            assert max(thing.x + thing.w, thing.y + thing.h) <= 1 + 1e-6


def test_official_weights_speak_coco(tmp_path: Path) -> None:
    save_detector(tmp_path)

    detector = Detector.load(tmp_path, 0.99, "cpu")

    assert len(detector.labels) == 80
    assert {"person", "dog", "cup"} <= set(detector.labels)
    assert detector.detect([]) == []


def test_read_only_pictures_are_taken(tmp_path: Path, images: list[np.ndarray]) -> None:
    save_detector(tmp_path)
    image = images[0].copy()
    image.flags.writeable = False

    assert len(Detector.load(tmp_path, 0.99, "cpu").detect([image])) == 1


@pytest.mark.parametrize("labels", [["background", "circle"], []])
def test_labels_that_do_not_fit_are_corrupt(tmp_path: Path, labels: list[str]) -> None:
    save_detector(tmp_path, classes=4)
    (tmp_path / "detector.json").write_text(json.dumps({"labels": labels}))

    with pytest.raises(GazeError) as caught:
        Detector.load(tmp_path, 0.3, "cpu")

    assert caught.value.code is ErrorCode.MODEL_CORRUPT


@pytest.mark.parametrize("content", [b"", b"not weights"])
def test_damaged_weights_are_corrupt(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "weights.pth").write_bytes(content)

    with pytest.raises(GazeError) as caught:
        Detector.load(tmp_path, 0.3, "cpu")

    assert caught.value.code is ErrorCode.MODEL_CORRUPT
