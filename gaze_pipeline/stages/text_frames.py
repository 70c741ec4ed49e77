"""Which frames have text that was not there before: seen on their thumbnails, so that few are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gaze_pipeline.models.ocr import GLANCE_PX, Box, TextReader
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
    """Frames in a row that show the same text: the one to be read, `first`, and those like it."""

    first: int
    timestamp_ms: int
    last: int


@dataclass
class Watcher:
    """Told of every frame of a video in turn; `writings` is what it found."""

    reader: TextReader
    writings: list[Writing] = field(default_factory=list)
    _judged: Grey | None = None
    _grey: Grey | None = None
    _boxes: Sequence[Box] = ()

    def look(self, frames: Iterable[Thumbnail]) -> None:
        """Look at the next frames."""
        for frame in frames:
            self._look(frame)

    def _look(self, frame: Thumbnail) -> None:
        grey = _grey(frame.image)
        if self._judged is not None and _alike(self._judged, grey):
            if self._boxes:
                self.writings[-1].last = frame.frame_index
            return
        self._judged = grey
        boxes = self.reader.find(_small(frame.image))
        if boxes and self._grey is not None and self._known(boxes, grey):
            self.writings[-1].last = frame.frame_index
            return
        self._grey, self._boxes = grey, boxes
        if boxes:
            index = frame.frame_index
            self.writings.append(Writing(index, frame.timestamp_ms, index))

    def _known(self, boxes: Sequence[Box], grey: Grey) -> bool:
        """Whether the text is that of the frame that is to be read, as far as its shapes tell."""
        before = self._grey
        if before is None or len(boxes) != len(self._boxes) or before.shape != grey.shape:
            return False
        return all(
            any(
                box.overlap(old) >= _SAME_PLACE and _correlation(before, grey, old) >= _SAME_LOOK
                for old in self._boxes
            )
            for box in boxes
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
