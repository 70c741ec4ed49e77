"""Which frames have text that was not there before: seen on their thumbnails, so that few are read.

Where only small shapes look like text, and others a moment later, what is sure to be a word is read off the
thumbnail, and the frame is not read large: leaves, blocks and grids would be, over and over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gaze_pipeline.models.ocr import GLANCE_PX, Box, Spot, TextReader, WrittenLine
from gaze_pipeline.stages.thumbnails import Thumbnail

GRID = 16
"""Cells across a frame: two frames are alike when no cell differs much."""
_SAME_CELL = 6.0
"""How much a cell of an unchanged frame may differ on average, of 255."""
_SAME_PLACE = 0.5
_SAME_LOOK = 0.85

Grey = npt.NDArray[np.float32]


@dataclass
class Writing:
    """Frames in a row that show the same text: the one to be read, `first`, and those like it.

    `lines` are what was read off the thumbnail where no more than words can be there.
    """

    first: int
    timestamp_ms: int
    last: int
    lines: Sequence[WrittenLine] | None = None

    @property
    def stays(self) -> bool:
        """Whether more than one frame shows it, unmoved."""
        return self.last > self.first

    @property
    def is_read(self) -> bool:
        """Whether what was read off the thumbnail is enough."""
        return self.lines is not None and not self.stays


@dataclass
class Watcher:
    """Told of every frame of a video in turn; `writings` is what it found."""

    reader: TextReader
    writings: list[Writing] = field(default_factory=list)
    _judged: Grey | None = None
    _grey: Grey | None = None
    _spots: Sequence[Spot] = ()

    def look(self, frames: Iterable[Thumbnail]) -> None:
        """Look at the next frames."""
        for frame in frames:
            self._look(frame)

    def _look(self, frame: Thumbnail) -> None:
        grey = _grey(frame.image)
        if self._judged is not None and _alike(self._judged, grey):
            if self._spots:
                self.writings[-1].last = frame.frame_index
            return
        self._judged = grey
        spots = self.reader.find(_small(frame.image))
        if spots and self._grey is not None and self._known(spots, grey):
            self.writings[-1].last = frame.frame_index
            return
        self._grey, self._spots = grey, spots
        if spots:
            index = frame.frame_index
            lines = self._words(frame.image, spots)
            self.writings.append(Writing(index, frame.timestamp_ms, index, lines))

    def _words(
        self, image: npt.NDArray[np.uint8], spots: Sequence[Spot]
    ) -> Sequence[WrittenLine] | None:
        """The words of a picture without any lines."""
        if any(spot.is_line for spot in spots):
            return None
        return self.reader.read_at(image, [spot for spot in spots if spot.may_be_word])

    def _known(self, spots: Sequence[Spot], grey: Grey) -> bool:
        """Whether the text is that of the frame that is to be read, as far as its shapes tell."""
        before = self._grey
        if before is None or len(spots) != len(self._spots) or before.shape != grey.shape:
            return False
        return all(
            any(
                spot.box.overlap(old.box) >= _SAME_PLACE
                and _correlation(before, grey, old.box) >= _SAME_LOOK
                for old in self._spots
            )
            for spot in spots
        )


def _small(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The image with a long side of `GLANCE_PX`, or as it is where it is smaller."""
    from PIL import Image

    height, width = image.shape[:2]
    scale = GLANCE_PX / max(height, width)
    if scale >= 1:
        return image
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))


def _grey(image: npt.NDArray[np.uint8]) -> Grey:
    return np.asarray(_small(image).mean(axis=2, dtype=np.float32))


def _alike(one: Grey, other: Grey) -> bool:
    """Whether two frames differ in no cell of a grid, but for what compression leaves."""
    if one.shape != other.shape:
        return False
    difference = np.abs(one - other)
    rows = np.array_split(difference, min(GRID, len(difference)))
    return all(
        cell.mean() <= _SAME_CELL
        for row in rows
        for cell in np.array_split(row, min(GRID, row.shape[1]), axis=1)
    )


def _correlation(one: Grey, other: Grey, box: Box) -> float:
    """How alike two frames look within a box (-1..1)."""
    height, width = one.shape
    rows = slice(int(box.y * height), int((box.y + box.h) * height) + 1)
    columns = slice(int(box.x * width), int((box.x + box.w) * width) + 1)
    a, b = one[rows, columns].ravel(), other[rows, columns].ravel()
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-6))
