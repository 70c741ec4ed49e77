"""Whether two pictures are the same one, whatever became of it: normalised cross-correlation of their luma.

Brightness and contrast cancel out (Lewis, "Fast normalized cross-correlation", 1995); a cropped or mirrored
picture is found by sliding it over the other at several scales. No model is asked, so that this tells what is
the same where a model only tells what is alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from gaze_pipeline.media.geometry import Image

Grid = npt.NDArray[np.float32]

LONG_SIDE = 32
"""Of a picture as it is compared, px."""
SCALES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""How long the side of a picture may be within another one."""
_FLAT = 2.0
"""The deviation of luma (0..255) below which a picture shows nothing to compare."""
_BORDER = 10
_STRAY = 0.02
"""A border is of one colour up to so much, but for this share of its pixels."""


def grid(image: Image) -> Grid:
    """The luma of a picture uint8 [h, w, 3], made small: float32 [rows, columns], 0..255."""
    height, width = image.shape[:2]
    scale = LONG_SIDE / max(height, width)
    size = max(4, round(width * scale)), max(4, round(height * scale))
    small = PillowImage.fromarray(image).convert("L").resize(size, PillowImage.Resampling.BOX)
    return np.asarray(small, np.float32)


def without_borders(image: Image) -> Image:
    """A picture without the bars of one colour around it: letterboxes, margins of screenshots.

    What is mostly of one colour is left as it is.
    """
    top, bottom = _border(image), _border(image[::-1])
    sideways = image.transpose(1, 0, 2)
    left, right = _border(sideways), _border(sideways[::-1])
    height, width = image.shape[:2]
    if 2 * (top + bottom) > height or 2 * (left + right) > width:
        return image
    return np.ascontiguousarray(image[top : height - bottom, left : width - right])


def is_flat(picture: Grid) -> bool:
    """Whether a picture is all of one brightness: a black frame is like any other black frame."""
    return float(picture.std()) < _FLAT


def same(one: Grid, others: npt.NDArray[np.float32]) -> Grid:
    """The correlation (-1..1) of a picture [h, w] with each of others [n, h, w] as they lie."""
    return _correlations(one, others.reshape(len(others), 1, 1, *one.shape))


def within(one: Grid, others: Sequence[Grid], scales: Sequence[float] = SCALES) -> Grid:
    """The best correlation (-1..1) of a picture with any part of each other one, [n]."""
    best = np.full(len(others), -1.0, np.float32)
    shapes = {other.shape for other in others}
    for shape in shapes:
        chosen = [at for at, other in enumerate(others) if other.shape == shape]
        stack = np.stack([others[at] for at in chosen])
        for scale in scales:
            best[chosen] = np.maximum(best[chosen], _slid(one, stack, scale))
    return best


def _slid(one: Grid, stack: npt.NDArray[np.float32], scale: float) -> Grid:
    """The best correlation of a picture at one scale over all places in others [n, h, w]."""
    rows, columns = stack.shape[1:]
    fit = min(rows / one.shape[0], columns / one.shape[1]) * scale
    size = max(4, round(one.shape[1] * fit)), max(4, round(one.shape[0] * fit))
    template = np.asarray(
        PillowImage.fromarray(one).resize(size, PillowImage.Resampling.BOX), np.float32
    )
    windows = np.lib.stride_tricks.sliding_window_view(stack, template.shape, (1, 2))
    return _correlations(template, windows)


def _correlations(template: Grid, windows: npt.NDArray[np.float32]) -> Grid:
    """The best correlation of a template [h, w] over windows [n, rows, columns, h, w]."""
    centred = template - template.mean()
    count = template.size
    products = np.einsum("nrchw,hw->nrc", windows, centred, optimize=True)
    sums = windows.sum((3, 4))
    squares = np.einsum("nrchw,nrchw->nrc", windows, windows, optimize=True)
    deviations = np.sqrt(np.maximum(squares / count - (sums / count) ** 2, 0))
    scale = count * deviations * max(float(centred.std()), 1e-6)
    found = np.where(deviations < _FLAT, -1.0, products / np.maximum(scale, 1e-6))
    best: Grid = found.max((1, 2)).astype(np.float32)
    return best


def _border(rows: Image) -> int:
    """How many rows of one colour come first."""
    colour = np.median(rows[0], axis=0)
    off = (np.abs(rows.astype(np.int16) - colour).max(axis=2) > _BORDER).mean(axis=1) > _STRAY
    return int(np.argmax(off)) if off.any() else 0
