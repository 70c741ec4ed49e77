"""Thumbnails survive the JPEG round trip, and what is none is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.images import decode_jpeg, encode_jpeg


def test_round_trip(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    image = np.stack([np.tile(ramp, (48, 1))] * 3, axis=2)
    jpeg = encode_jpeg(image, 90)
    (tmp_path / "a.jpg").write_bytes(jpeg)
    for read in (decode_jpeg(jpeg), decode_jpeg(tmp_path / "a.jpg")):
        assert read.shape == image.shape
        assert read.dtype == np.uint8
        assert np.abs(read.astype(int) - image).mean() < 3


def test_grey_images_become_rgb(tmp_path: Path) -> None:
    Image.new("L", (8, 6), 100).save(tmp_path / "grey.jpg")
    assert decode_jpeg(tmp_path / "grey.jpg").shape == (6, 8, 3)


def test_what_is_no_image(tmp_path: Path) -> None:
    whole = encode_jpeg(np.zeros((64, 64, 3), np.uint8))
    for data in (b"", b"no image", whole[: len(whole) // 2]):
        with pytest.raises(GazeError) as failure:
            decode_jpeg(data)
        assert failure.value.code is ErrorCode.ARTIFACT_CORRUPT
    with pytest.raises(GazeError):
        decode_jpeg(tmp_path / "gone.jpg")
