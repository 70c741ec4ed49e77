"""How a stored picture becomes the upright one: display matrix, pixel aspect, size limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

Image = NDArray[np.uint8]

MAX_ASPECT = 20  # a pixel more oblong than this is a mistake in the header


@dataclass(frozen=True)
class Orientation:
    """A turn by quarters and a mirroring: first transpose (if set), then flip rows and columns."""

    transpose: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    @property
    def rotation(self) -> int:
        """Degrees clockwise; a mirrored picture counts as the turn of its rows."""
        if self.transpose:
            return 90 if self.flip_columns else 270
        return 180 if self.flip_rows else 0

    def apply(self, image: Image) -> Image:
        """Turn an image [h, w, 3] upright."""
        if self.transpose:
            image = image.transpose(1, 0, 2)
        if self.flip_rows:
            image = image[::-1]
        if self.flip_columns:
            image = image[:, ::-1]
        return np.ascontiguousarray(image)


def orientation(frame: VideoFrame) -> Orientation:
    """How a decoded frame is to be turned."""
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return Orientation()
    return from_matrix(np.frombuffer(data, "<i4")[:9].tolist())


def from_matrix(matrix: Sequence[int]) -> Orientation:
    """The nearest quarter turn of a display matrix (9 fixed-point numbers, row by row)."""
    a, b, _, c, d = matrix[:5]
    if abs(a) + abs(d) < abs(b) + abs(c):
        return Orientation(True, flip_rows=b < 0, flip_columns=c < 0)
    return Orientation(False, flip_rows=d < 0, flip_columns=a < 0)


def pixel_aspect(stream: VideoStream) -> Fraction:
    """Width over height of one pixel; 1 where it is not said or absurd."""
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return aspect if Fraction(1, MAX_ASPECT) < aspect < MAX_ASPECT else Fraction(1)


def display_size(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """Size in px with square pixels, before turning: the larger way, as browsers do."""
    if aspect >= 1:
        return max(1, round(width * aspect)), height
    return width, max(1, round(height / aspect))


def fit(width: int, height: int, max_px: int) -> tuple[int, int]:
    """The size scaled down so that the long side is at most `max_px`; never scaled up."""
    scale = min(1.0, max_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def to_matrix(turn: Orientation) -> list[int]:
    """The display matrix that tells a player to turn a stored picture so."""
    one = 1 << 16
    rows, columns = -one if turn.flip_rows else one, -one if turn.flip_columns else one
    if turn.transpose:
        return [0, rows, 0, columns, 0, 0, 0, 0, 1 << 30]
    return [columns, 0, 0, 0, rows, 0, 0, 0, 1 << 30]
