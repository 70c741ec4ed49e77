"""A picture that somebody searches by: read with care, kept in memory only."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.geometry import Image
from gaze_pipeline.media.likeness import without_borders

MAX_BYTES = 30_000_000
MAX_PIXELS = 100_000_000
"""More than any camera takes; decompressed at once, it would fill the memory."""
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_LONG_SIDE = 768
_TONE_CUT = 1
"""Percent of the darkest and the brightest pixels that levelling lets go."""


def read_picture(content: bytes) -> Image:
    """A picture uint8 [h, w, 3] RGB, upright, its long side at most 768 px, transparency on black.

    Raises GazeError(PICTURE_UNREADABLE | PICTURE_TOO_LARGE).
    """
    if len(content) > MAX_BYTES:
        raise GazeError(ErrorCode.PICTURE_TOO_LARGE, detail=f"{len(content) / 1e6:.0f} MB")
    PillowImage.init()  # else formats are unknown until the first picture is opened
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)
            with PillowImage.open(io.BytesIO(content), formats=_FORMATS) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise GazeError(ErrorCode.PICTURE_TOO_LARGE, detail=f"{width} x {height} px")
                picture.draft("RGB", (_LONG_SIDE, _LONG_SIDE))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((_LONG_SIDE, _LONG_SIDE))
                return np.asarray(_opaque(upright))
    except PillowImage.DecompressionBombError as error:
        raise GazeError(ErrorCode.PICTURE_TOO_LARGE, detail=str(error)) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise GazeError(ErrorCode.PICTURE_UNREADABLE, detail=_plain(error)) from error


def views(picture: Image) -> list[Image]:
    """The picture, and as it may have been before it got here: without borders, mirrored, levelled.

    A frame that is like any of them is like the picture. The last only differs in its tones.
    """
    bare = without_borders(picture)
    tones = PillowImage.fromarray(bare)
    levelled = np.asarray(ImageOps.autocontrast(tones, cutoff=_TONE_CUT, preserve_tone=True))
    mirrored = np.ascontiguousarray(bare[:, ::-1])
    return [picture, *([bare] if bare.shape != picture.shape else []), mirrored, levelled]


def _opaque(picture: PillowImage.Image) -> PillowImage.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    black = PillowImage.new("RGBA", picture.size, (0, 0, 0, 255))
    return PillowImage.alpha_composite(black, picture.convert("RGBA")).convert("RGB")


def _plain(error: Exception) -> str:
    """What a library says, without the objects it names."""
    return "" if isinstance(error, UnidentifiedImageError) else str(error)
