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
Times = npt.NDArray[np.int64]


def number_shots(vectors: npt.NDArray[np.floating]) -> Indexes:
    """The number of the shot that each frame belongs to, from 0; `vectors` [n, dim] are unit, in order."""
    if not len(vectors):
        return np.zeros(0, np.int32)
    frames = vectors.astype(np.float32)
    distances = 1 - np.einsum("ij,ij->i", frames[:-1], frames[1:])
    cuts = [_is_cut(distances, at) for at in range(len(distances))]
    return np.cumsum([0, *cuts], dtype=np.int32)


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


def _is_cut(distances: npt.NDArray[np.float32], at: int) -> bool:
    around = np.concatenate(
        [distances[max(at - REACH, 0) : at], distances[at + 1 : at + 1 + REACH]]
    )
    usual = float(np.median(around)) if len(around) else 0.0
    leap = float(distances[at])
    return leap > CERTAIN or (leap > LEAST and leap > STANDS_OUT * usual)
