"""What two videos are compared by: their sampled pictures, made small, and the words said in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from gaze_pipeline.errors import GazeError
from gaze_pipeline.media.images import glance
from gaze_pipeline.states import Stage
from gaze_pipeline.store.artifacts import ArtifactStore

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

FRAMES_MOST = 5400
"""Pictures of a video that are looked at: three hours of them."""
GLANCE_PX = 96
"""The long side of a picture as it is kept."""
GRID = (32, 18)
"""Columns and rows of a picture as it is compared."""
_DARK, _FLAT = 24, 6.0
"""Up to this luma (0..255), the edge of all frames is a bar; of less deviation, a picture shows nothing."""
_WORD = re.compile(r"\w+")


Window = tuple[slice, slice]
WHOLE: Window = (slice(None), slice(None))


@dataclass(frozen=True)
class View:
    """What of a picture is compared: `zoom` of its sides around the middle, within what is `lit`."""

    zoom: float = 1.0
    lit: bool = False


@dataclass
class Reel:
    """The pictures of a video in order: `times` [n] ms and luma uint8 [n, h, w].

    `words` are those that were said, `spoken` [m] ms when each was; `window` is what is not a letterbox.
    """

    times: Ints
    luma: npt.NDArray[np.uint8]
    words: tuple[str, ...] = ()
    spoken: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    window: Window = WHOLE
    _grids: dict[View, Floats] = field(default_factory=dict)

    @classmethod
    def read(cls, artifacts: ArtifactStore, fingerprint: str) -> Reel | None:
        """The reel of a video, None where its pictures cannot be read."""
        folder = artifacts.paths.video(fingerprint)
        try:
            table = artifacts.read(fingerprint, Stage.FRAMES, ["timestamp_ms", "thumbnail"])
            every = table.num_rows // FRAMES_MOST + 1
            names = table["thumbnail"].to_pylist()[::every]
            pictures = [luma_of(glance(folder / name, GLANCE_PX)) for name in names]
        except (GazeError, OSError):
            return None
        if not pictures or len({picture.shape for picture in pictures}) > 1:
            return None
        times = np.asarray(table["timestamp_ms"], np.int64)[::every]
        words, spoken = _said(artifacts, fingerprint)
        luma = np.stack(pictures)
        return cls(times, luma, words, spoken, lit(luma))

    @property
    def barred(self) -> bool:
        """Whether there may be dark bars around the pictures; in a dark film they are its own."""
        return self.window != WHOLE

    def grids(self, view: View = View()) -> Floats:
        """A view of each picture: float32 [n, rows * columns] of unit length.

        Rows of zeros stand for pictures of one brightness. The product of two rows is their correlation.
        """
        if view not in self._grids:
            luma = self.luma[:, *self.window] if view.lit else self.luma
            self._grids[view] = _normalised(np.stack([_middle(one, view.zoom) for one in luma]))
        return self._grids[view]

    def showing(self, luma: npt.NDArray[np.uint8]) -> Reel:
        """The same video in other pictures [n, h, w]."""
        return replace(self, luma=luma, _grids={})

    @cached_property
    def shows(self) -> npt.NDArray[np.bool_]:
        """Which pictures show anything, [n]: a black one is like any other."""
        return np.asarray(self.grids().any(axis=1))

    @property
    def telling(self) -> int:
        """How many pictures show anything."""
        return int(self.shows.sum())


def luma_of(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The luma [h, w] of a picture uint8 [h, w, 3], its long side GLANCE_PX."""
    grey = PillowImage.fromarray(image).convert("L")
    scale = GLANCE_PX / max(grey.size)
    size = max(2, round(grey.width * scale)), max(2, round(grey.height * scale))
    return np.asarray(grey.resize(size, PillowImage.Resampling.BOX))


def _middle(luma: npt.NDArray[np.uint8], zoom: float) -> Floats:
    height, width = luma.shape
    x, y = width * (1 - zoom) / 2, height * (1 - zoom) / 2
    box = (x, y, width - x, height - y)
    small = PillowImage.fromarray(luma).resize(GRID, PillowImage.Resampling.BOX, box)
    return np.asarray(small, np.float32)


def _normalised(pictures: Floats) -> Floats:
    flat = pictures.reshape(len(pictures), -1)
    centred = flat - flat.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    telling = lengths > _FLAT * np.sqrt(flat.shape[1])
    grids: Floats = np.where(telling, centred / np.maximum(lengths, 1e-6), 0).astype(np.float32)
    return grids


def lit(pictures: npt.NDArray[np.uint8]) -> Window:
    """The rows and columns of pictures [n, h, w] without the dark bars that all of them have."""
    brightest = pictures.max(axis=0)
    top, bottom = _bars(brightest.max(axis=1))
    left, right = _bars(brightest.max(axis=0))
    height, width = brightest.shape
    if 2 * (top + bottom) > height or 2 * (left + right) > width:
        return WHOLE
    window = slice(top, height - bottom), slice(left, width - right)
    return window if top or bottom or left or right else WHOLE


def _bars(brightest: npt.NDArray[np.uint8]) -> tuple[int, int]:
    lit = np.flatnonzero(brightest > _DARK)
    if not len(lit):
        return 0, 0
    first, last = int(lit[0]), len(brightest) - 1 - int(lit[-1])
    return (first + 1 if first else 0), (
        last + 1 if last else 0
    )  # the row where they meet is mixed


def _said(artifacts: ArtifactStore, fingerprint: str) -> tuple[tuple[str, ...], Ints]:
    """Each word of the transcript, and when it begins."""
    try:
        rows = artifacts.read(fingerprint, Stage.TRANSCRIPT, ["words"])["words"].to_pylist()
    except GazeError:
        return (), np.zeros(0, np.int64)
    said = [
        (part, word["start_ms"])
        for row in rows
        for word in row
        for part in _WORD.findall(word["word"].casefold())
    ]
    return tuple(word for word, _ in said), np.array([start for _, start in said], np.int64)
