"""JPEG thumbnails."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.geometry import Image


def encode_jpeg(image: Image, quality: int = 85) -> bytes:
    """JPEG bytes of a uint8 [h, w, 3] RGB image."""
    buffer = io.BytesIO()
    PillowImage.fromarray(image).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def decode_jpeg(jpeg: bytes | Path) -> Image:
    """A uint8 [h, w, 3] RGB image. Raises GazeError ARTIFACT_CORRUPT if it is none."""
    subject = jpeg if isinstance(jpeg, Path) else "thumbnail"
    try:
        with PillowImage.open(io.BytesIO(jpeg) if isinstance(jpeg, bytes) else jpeg) as picture:
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise GazeError(ErrorCode.ARTIFACT_CORRUPT, subject, str(error)) from error


def glance(jpeg: Path, long_side: int) -> Image:
    """A JPEG decoded small, which takes a tenth of the time: its long side is at least `long_side` px.

    Raises GazeError ARTIFACT_CORRUPT if it is none.
    """
    try:
        with PillowImage.open(jpeg) as picture:
            picture.draft("RGB", (long_side, long_side))
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise GazeError(ErrorCode.ARTIFACT_CORRUPT, jpeg, str(error)) from error
