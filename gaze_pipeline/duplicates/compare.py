"""At which offset in time two reels may hold the same content.

Pairs of frames that are alike vote for the offset between them, as in a Hough transform (Douze, Jégou and
Schmid, "An image-based approach to video copy detection with spatio-temporal post-filtering", IEEE Trans.
Multimedia 2010). Frames are sampled every two seconds, so that those of a copy may be a second off: whether
it is the same content, `verify` tells by looking closer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gaze_pipeline.duplicates.reel import Floats, Ints, Reel, View

ZOOMS = (0.95, 0.9, 0.85)
TRIED = 2
LIKELY = 0.5
"""The correlation that half of the frames reach even where those of a copy are a second off."""
SHARED_LEAST = 0.6
"""The share of the shorter video that must be in the longer one."""
STEP_MS = 500
NEAR_MS = 1100
"""Frames are sampled every two seconds: so far may that of the same moment be."""
ELSEWHERE_MS = 3000
"""From here on a frame is of another moment."""
PEAKS = 6
"""The offsets with most votes that are looked at more closely."""
FRAMES_LEAST = 3

Flags = npt.NDArray[np.bool_]


Crop = tuple[View, View]


def crops(longer: Reel, shorter: Reel) -> list[Crop]:
    """What of the pictures of either may be the same: a copy may be cropped, or have bars around it."""
    found = []
    for lit in (False, True) if longer.barred or shorter.barred else (False,):
        whole = View(lit=lit)
        found.append((whole, whole))
        found += [(View(zoom, lit), whole) for zoom in ZOOMS]
        found += [(whole, View(zoom, lit)) for zoom in ZOOMS]
    return found


@dataclass(frozen=True)
class Fit:
    """How the second reel agrees with the first at one offset.

    `crop` is what of each was compared; `agreement` [m] is the correlation of each of its frames with those
    of the same moment, `elsewhere` the usual one with those of other moments; only frames that are `covered`
    count.
    """

    offset_ms: int
    crop: Crop
    agreement: Floats
    elsewhere: Floats
    covered: Flags

    @property
    def worth(self) -> float:
        """How much better the frames agree here than elsewhere, all together."""
        return float((self.agreement - self.elsewhere)[self.covered].sum())

    @property
    def typical(self) -> float:
        """What half of the frames reach."""
        return float(np.median(self.agreement[self.covered]))


def fits(longer: Reel, shorter: Reel) -> list[Fit]:
    """The best offsets, each at the crop of either at which most frames agree; best first.

    Empty where the pictures of either tell nothing.
    """
    if min(longer.telling, shorter.telling) < FRAMES_LEAST:
        return []
    best: dict[int, Fit] = {}
    for crop in crops(longer, shorter):
        alike = longer.grids(crop[0]) @ shorter.grids(crop[1]).T
        for offset_ms in _offsets(longer.times, shorter.times, alike):
            fit = _fit(longer, shorter, alike, offset_ms, crop)
            if offset_ms not in best or fit.worth > best[offset_ms].worth:
                best[offset_ms] = fit
    apart: list[Fit] = []
    for fit in sorted(best.values(), key=lambda fit: -fit.worth):
        near = any(abs(fit.offset_ms - other.offset_ms) <= NEAR_MS for other in apart)
        if not near and fit.covered.sum() >= max(FRAMES_LEAST, SHARED_LEAST * shorter.telling):
            apart.append(fit)
    return [fit for fit in apart[:TRIED] if fit.typical >= LIKELY]


def _offsets(longer: Ints, shorter: Ints, alike: Floats) -> list[int]:
    """The offsets that most pairs of frames vote for, ms; and none at all, as most copies have it."""
    apart = np.round((longer[:, None] - shorter[None]) / STEP_MS).astype(np.int64)
    first = int(apart.min())
    votes = np.maximum(alike - np.median(alike, axis=0), 0) ** 2
    cast = np.bincount((apart - first).ravel(), votes.ravel())
    reach = NEAR_MS // STEP_MS
    counts = np.convolve(cast, np.ones(2 * reach + 1), "same")
    found = [0]
    for _ in range(PEAKS):
        peak = int(np.argmax(counts))
        near = [(peak + first + step) * STEP_MS for step in range(-reach, reach + 1)]
        found += near
        counts[max(0, peak - reach) : peak + reach + 1] = 0
    return list(dict.fromkeys(found))


def _fit(longer: Reel, shorter: Reel, alike: Floats, offset_ms: int, crop: Crop) -> Fit:
    apart = np.abs(longer.times[:, None] - shorter.times[None] - offset_ms)
    shown = longer.shows[:, None]
    near = np.where((apart <= NEAR_MS) & shown, alike, -1).max(axis=0)
    far = np.where((apart >= ELSEWHERE_MS) & shown, alike, np.nan)
    covered = ((apart <= NEAR_MS) & shown).any(axis=0) & shorter.shows
    known = ~np.isnan(far).all(axis=0)
    elsewhere = np.ones(len(near), np.float32)  # where nothing else is there, nothing stands out
    elsewhere[known] = np.nanmedian(far[:, known], axis=0)
    return Fit(offset_ms, crop, near, elsewhere, covered)
