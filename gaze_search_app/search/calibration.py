"""What a cosine between a text and a frame is worth, on a scale from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]

EVERYDAY = (
    *("a person", "a face", "a crowd", "a child", "a dog", "a cat", "a bird", "a horse"),
    *("a car", "a bus", "a train", "a bicycle", "a boat", "an airplane", "a street", "a building"),
    *("a house", "a room", "a kitchen", "an office", "a chair", "a table", "a bottle", "a cup"),
    *("food", "fruit", "a cake", "a book", "a phone", "a computer screen", "text", "a diagram"),
    *("a map", "a painting", "a tree", "a forest", "a flower", "grass", "a mountain", "a beach"),
    *("the sea", "the sky", "snow", "night", "fire", "water", "sports", "a ball", "a stage"),
    *("a musical instrument", "a machine", "a tool", "clothes", "a hand"),
)
"""What most footage shows something of; a model's fit to these tells its scale."""
_LEAST_SPAN = 0.1
_EVEN = 0.65
_STEEPNESS = 10.0


@dataclass(frozen=True)
class Background:
    """Frames from all over a library, [n, dimensions], and how texts fit them.

    `unrelated` is the cosine of a frame and an everyday text that has nothing to do with it, `fitting`
    that of a frame and the everyday text that suits it best: the medians over the library.
    """

    frames: Vector
    unrelated: float
    fitting: float


@dataclass(frozen=True)
class Calibration:
    """The scale for one query.

    Cosines of CLIP models mean nothing by themselves: for the official one 0.15 is unrelated and 0.28
    a match, a small one goes from 0 to 0.6. So a cosine is placed between two levels that the
    library itself shows: what frames reach that the query has nothing to do with, and what they reach
    for the everyday words that suit them best. A logistic curve is even at 0.65 of the way, so that the
    best of many frames without anything similar stays low, however far it stands out from the others,
    while in a library of nothing but dogs every frame is still a dog.
    """

    unrelated: float
    fitting: float

    def score(self, cosine: float) -> float:
        """A cosine's worth, 0..1, rising with it."""
        span = max(self.fitting - self.unrelated, _LEAST_SPAN)
        place = float(np.clip((cosine - self.unrelated) / span, -1, 2))
        return float(1 / (1 + np.exp(-_STEEPNESS * (place - _EVEN))))


def background(frames: Vector, everyday: Vector) -> Background:
    """How the vectors of the everyday texts [m, dimensions] fit the frames [n, dimensions]."""
    if not len(frames):
        return Background(frames, 0.0, 1.0)
    cosines = frames @ everyday.T
    return Background(frames, float(np.median(cosines)), float(np.median(cosines.max(axis=1))))


def calibrate(query: Vector, against: Background) -> Calibration:
    """The scale for a query's vector [dimensions].

    Its unrelated level is what half of the library's frames reach for it, or the general one where
    that is lower: where most frames show what is asked for.
    """
    if not len(against.frames):
        return Calibration(against.unrelated, against.fitting)
    usual = float(np.median(against.frames @ query))
    return Calibration(min(usual, against.unrelated), against.fitting)
