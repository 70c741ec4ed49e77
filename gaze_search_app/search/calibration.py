"""What a cosine between a text, or a picture, and a frame is worth, on a scale from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
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
LABELLED = 40
"""So many frames with a label, and so many without one, tell more of a model than everyday texts do."""
_LEAST_SPAN = 0.05
_EVEN, _STEEPNESS = 0.7, 10.0
_APART, _SHARPNESS = 1.8, 4.0
_EVERYWHERE = 0.8
_PAIRED = 256


@dataclass(frozen=True)
class Background:
    """Frames from all over a library, [n, dimensions], and how texts fit them, or pictures.

    `unrelated` is the cosine of a frame and a text that has nothing to do with it, `fitting` that of a
    frame and a text that suits it well.
    """

    frames: Vector
    unrelated: float
    fitting: float


EMPTY = Background(np.empty((0, 1), np.float32), 0.0, 1.0)
"""That of a library without pictures."""


@dataclass(frozen=True)
class Calibration:
    """The scale for one query.

    Cosines of CLIP models mean nothing by themselves: for the official one 0.15 is unrelated and 0.28
    a match, a small one goes from 0 to 0.6. So two questions are put to the library itself, and both
    must be answered well. Does the frame reach what fitting texts reach here? And does it stand out from
    what the query reaches on the other frames: some texts lie close to all pictures (hubs, as in
    Radovanović et al., JMLR 2010)? `usual` is the query's median over the library, `spread` how far the
    lower half lies below it, so that a query for what a third of the library shows stands out as well. Where
    most of the library shows it, nothing can stand out, nor need it.
    """

    unrelated: float
    fitting: float
    usual: float
    spread: float

    def score(self, cosines: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """What cosines are worth, 0..1, rising with them."""
        given = np.asarray(cosines, np.float64)
        fits = logistic(_STEEPNESS * (self._place(given) - _EVEN))
        if self._place(self.usual) > _EVERYWHERE:
            return fits
        apart = (given - self.usual) / max(self.spread, 1e-6)
        return fits * logistic(_SHARPNESS * (apart - _APART))

    def _place(self, cosines: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Where cosines lie between the unrelated (0) and what fits (1)."""
        span = max(self.fitting - self.unrelated, _LEAST_SPAN)
        return (np.asarray(cosines, np.float64) - self.unrelated) / span


def picture_background(frames: Vector, neighbours: Sequence[Vector]) -> Background:
    """How pictures fit the frames [n, dimensions] of a library.

    A frame taken a moment after another in the same shot fits it (`neighbours`: each [m, dimensions], row by
    row), any two frames have nothing to do with each other. What is alike lies below what is the same, so it
    is the lower quarter of the neighbours that tells.
    """
    if not len(frames):
        return EMPTY
    some = frames[:: len(frames) // _PAIRED + 1]
    unrelated = float(np.median(some @ frames.T))
    one, next_ = neighbours
    fitting = float(np.quantile(np.einsum("ij,ij->i", one, next_), 0.25)) if len(one) else 1.0
    return Background(frames, unrelated, max(fitting, unrelated))


def background(
    frames: Vector,
    everyday: Vector,
    labels: Vector | None = None,
    shown: npt.NDArray[np.bool_] | None = None,
) -> Background:
    """How texts fit the frames [n, dimensions] of a library.

    Where enough frames show a label and enough do not, the labels' own texts [k, dimensions] tell: `shown`
    [n, k] says which frames show which of them. Else everyday texts [m, dimensions]: the best one for each
    frame fits, the others do not.
    """
    if not len(frames):
        return EMPTY
    if labels is not None and shown is not None and min(shown.sum(), (~shown).sum()) >= LABELLED:
        cosines = frames @ labels.T
        fitting = float(np.quantile(cosines[shown], 0.75))
        return Background(frames, float(np.median(cosines[~shown])), fitting)
    cosines = frames @ everyday.T
    return Background(frames, float(np.median(cosines)), float(np.median(cosines.max(axis=1))))


def calibrate(query: Vector, against: Background) -> Calibration:
    """The scale for a query's vector [dimensions]."""
    if not len(against.frames):
        return Calibration(against.unrelated, against.fitting, against.unrelated, 1.0)
    cosines = against.frames @ query
    usual = float(np.quantile(cosines, 0.5, method="lower"))  # a frame's own, not between two kinds
    below = cosines[cosines <= usual] - usual
    return Calibration(against.unrelated, against.fitting, usual, float(np.sqrt(np.mean(below**2))))


def logistic(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The logistic function, 0..1."""
    logistic: npt.NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(values, -50, 50)))
    return logistic
