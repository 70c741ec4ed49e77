from __future__ import annotations

import numpy as np
import open_clip
import pytest
from open_clip.transform import image_transform
from PIL import Image

from gaze_pipeline.models.pixels import Preprocess


@pytest.mark.parametrize(
    ("height", "width"),
    [
        (288, 512),
        (512, 288),
        (224, 224),
        (225, 224),
        (100, 37),
        (37, 100),
        (180, 320),
        (1080, 1921),
        (7, 5),
    ],
)
@pytest.mark.parametrize("size", [224, 64])
def test_pictures_are_seen_as_open_clip_sees_them(height: int, width: int, size: int) -> None:
    image = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    mean, std = open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD
    expected = image_transform(size, is_train=False, mean=mean, std=std)(Image.fromarray(image))

    (seen,) = Preprocess(size, mean, std).batch([image])

    off = np.abs(seen - expected.numpy())
    assert off.max() < 1.01 / 255 / min(std)
    assert (off > 1e-6).mean() < 2e-3
