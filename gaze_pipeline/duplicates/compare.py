"""At which offset in time two reels may hold the same content.

Pairs of frames that are alike vote for the offset between them, as in a Hough transform (Douze, Jégou and
Schmid, "An image-based approach to video copy detection with spatio-temporal post-filtering", IEEE Trans.
Multimedia 2010). Frames are sampled every two seconds, so that those of a copy may be a second off: whether
it is the same content, `verify` tells by looking closer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

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
Value = TypeVar("Value", np.float32, np.int64)


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
    least = max(FRAMES_LEAST, SHARED_LEAST * shorter.telling)
    best: dict[int, Fit] = {}
    for crop in crops(longer, shorter):
        alike = longer.grids(crop[0]) @ shorter.grids(crop[1]).T
        offsets = _offsets(longer.times, shorter.times, alike)
        for fit in _fits_at(longer, shorter, alike, offsets, crop):
            known = best.get(fit.offset_ms)
            if fit.covered.sum() >= least and (known is None or fit.worth > known.worth):
                best[fit.offset_ms] = fit
    apart: list[Fit] = []
    for fit in sorted(best.values(), key=lambda fit: -fit.worth):
        near = any(abs(fit.offset_ms - other.offset_ms) <= NEAR_MS for other in apart)
        if not near:
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


def _fits_at(
    longer: Reel, shorter: Reel, alike: Floats, offsets: Sequence[int], crop: Crop
) -> Iterator[Fit]:
    """How the reels agree at each of some offsets, where `alike` [n, m] is how alike their frames are."""
    times, alike = longer.times[longer.shows], alike[longer.shows]
    moved = shorter.times + np.array(offsets)[:, None]
    near = _Window.between(times, moved - NEAR_MS, moved + NEAR_MS)
    agreement = np.where(near.inside, near.of(alike), -1).max(axis=2)
    covered = near.inside.any(axis=2) & shorter.shows
    # Where nothing else is there, nothing stands out.
    elsewhere = _medians_outside(
        _Window.between(times, moved - ELSEWHERE_MS + 1, moved + ELSEWHERE_MS - 1), alike, 1.0
    )
    for at, offset_ms in enumerate(offsets):
        yield Fit(offset_ms, crop, agreement[at], elsewhere[at], covered[at])


@dataclass(frozen=True)
class _Window:
    """For each offset and frame of the shorter reel the `rows` of the longer one that are about that time.

    They are [offsets, m, k]; those that are not `inside` only fill up.
    """

    rows: Ints
    inside: Flags

    @classmethod
    def between(cls, times: Ints, first: Ints, last: Ints) -> _Window:
        low, high = np.searchsorted(times, first), np.searchsorted(times, last, "right")
        rows = low[..., None] + np.arange(max(1, int((high - low).max())))
        return cls(np.minimum(rows, len(times) - 1), rows < high[..., None])

    def of(self, table: npt.NDArray[Value]) -> npt.NDArray[Value]:
        """What a table [n, m] holds in these rows."""
        return table[self.rows, np.arange(table.shape[1])[:, None]]


def _medians_outside(window: _Window, table: Floats, default: float) -> Floats:
    """The median of each column of a table without the rows of a window, [offsets, m].

    Columns are sorted once for all offsets: of places in them, those that are left out are skipped.
    """
    order = np.argsort(table, axis=0)
    ranked = np.take_along_axis(table, order, 0)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(len(table))[:, None], 0)
    gone = np.sort(np.where(window.inside, window.of(ranks), len(table)), axis=2)
    left = len(table) - window.inside.sum(axis=2)
    middle = np.zeros(left.shape, np.float32)
    for place in ((left - 1) // 2, left // 2):
        for skipped in np.moveaxis(gone, 2, 0):
            place = place + (skipped <= place)
        middle += np.take_along_axis(ranked, np.clip(place, 0, len(table) - 1), 0) / 2
    return np.where(left > 0, middle, np.float32(default))
