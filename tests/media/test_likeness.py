from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as PillowImage

from gaze_pipeline.media.geometry import Image
from gaze_pipeline.media.likeness import grid, within, without_borders


def scene(seed: int) -> Image:
    """A picture of soft blots, 320 x 180."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    picture = PillowImage.fromarray(coarse).resize((320, 180), PillowImage.Resampling.BICUBIC)
    return np.asarray(picture)


def likest(picture: Image) -> tuple[int, float]:
    """Which of twenty scenes a picture is most like, and how much."""
    found = within(grid(picture), [grid(scene(seed)) for seed in range(20)])
    return int(found.argmax()), float(found.max())


@pytest.mark.parametrize("share", [1.0, 0.8, 0.5])
def test_a_crop_is_found_in_its_picture(share: float) -> None:
    whole = scene(7)
    height, width = round(180 * share), round(320 * share)
    best, agreement = likest(whole[180 - height :, :width])
    assert best == 7
    assert agreement > 0.9


def test_brightness_and_contrast_do_not_matter() -> None:
    dull = (scene(3) * 0.3 + 60).astype(np.uint8)
    assert likest(dull)[0] == 3
    assert likest(dull)[1] > 0.98


def test_a_flat_picture_is_like_nothing() -> None:
    assert within(grid(scene(1)), [grid(np.full((180, 320, 3), 90, np.uint8))])[0] == -1


def test_borders_are_taken_off_and_plain_pictures_left() -> None:
    framed = np.pad(scene(5), ((40, 60), (30, 10), (0, 0)), constant_values=245)
    assert without_borders(framed).shape == (180, 320, 3)
    plain = np.full((90, 160, 3), 128, np.uint8)
    assert without_borders(plain).shape == plain.shape
