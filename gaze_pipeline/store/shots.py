"""Where one shot of a video ends and the next begins, told from the vectors of its sampled frames.

A cut is a leap that stands out from the change around it, as in PySceneDetect's adaptive detector, with the
distance of frame vectors in place of its difference of pixels: so a slow pan and a shaking hand are one
shot, whatever the scale on which an image model tells pictures apart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

REACH = 2
"""So many distances on either side of one are what it must stand out from."""
STANDS_OUT = 3.0
LEAST = 0.12
CERTAIN = 0.5
"""Cosine distances: below the first nothing is a cut, beyond the second everything is."""

Indexes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Times = npt.NDArray[np.int64]


def number_shots(vectors: npt.NDArray[np.floating]) -> Indexes:
    """The number of the shot that each frame belongs to, from 0; `vectors` [n, dim] are unit, in order."""
    if not len(vectors):
        return np.zeros(0, np.int32)
    frames = vectors.astype(np.float32)
    distances = 1 - np.einsum("ij,ij->i", frames[:-1], frames[1:])
    leaps = (distances > LEAST) & (distances > STANDS_OUT * _usual(distances))
    return np.cumsum([0, *(leaps | (distances > CERTAIN))], dtype=np.int32)


def stretches(timestamps: Times, shots: Indexes, duration_ms: int) -> tuple[Times, Times]:
    """From when until when each frame stands for its video, ms.

    A frame stands until the next one; where a cut lies between two, it is taken to be halfway.
    """
    after = timestamps[1:].copy()
    cut = np.diff(shots) > 0
    after[cut] = (timestamps[:-1][cut] + timestamps[1:][cut] + 1) // 2
    starts = np.concatenate([timestamps[:1], after])
    last = [max(duration_ms, int(timestamps[-1]) + 1)] if len(timestamps) else []
    return starts, np.concatenate([after, np.array(last, np.int64)])


def _usual(distances: Floats) -> Floats:
    """The median distance around each, itself left out."""
    if len(distances) < 2:
        return np.zeros_like(distances)
    padded = np.pad(distances, REACH, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1)
    usual: Floats = np.nanmedian(np.delete(around, REACH, axis=1), axis=1)
    return usual
