"""Whether two videos do hold the same content, from when to when, and how far they are apart in time.

The longer one is looked at frame by frame around some moments of the shorter one, to find the offset to a
tenth of a second, and then at that offset all along. A copy shows the very same picture then, whatever was
done to it; another take of the room, another talk before the wall does not. What shows one picture throughout
can only be told by what is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gaze_pipeline.duplicates.compare import FRAMES_LEAST, NEAR_MS, SHARED_LEAST, Crop, Fit, crops
from gaze_pipeline.duplicates.looks import Look
from gaze_pipeline.duplicates.reel import Floats, Ints, Reel, View

ANCHORS = 4
REACH_MS, FINE_MS = 500 + NEAR_MS, 100
CHECKED = 24
SAME = 0.9
"""The correlation from which two frames show the same picture."""
RATIO = 0.2
"""How much less than other moments the same ones of a copy and its original differ."""
TELLING = 0.01
"""By so much, the frames of a video must differ from each other for its pictures to tell."""
WORDS_LEAST = 8
SAID, UNSAID = 0.6, 0.3
"""From this share of words on the same is said at the same times; below the other, something else is."""
_WORD_MS = 1000


@dataclass(frozen=True)
class Shared:
    """What two videos share: what is at t ms of the shorter one is at t + `offset_ms` of the longer one.

    It lies from `start_ms` to `end_ms` of the shorter one.
    """

    offset_ms: int
    start_ms: int
    end_ms: int


def verify(longer: Reel, shorter: Reel, fit: Fit, look: Look) -> Shared | None:
    """What the shorter reel shares with the longer one about the offset of a fit, if it is most of it.

    Nothing is looked at where neither pictures nor words could tell in the end.
    """
    still = _most_telling(shorter) < TELLING or _stands_still(longer, shorter, fit)
    if still and not _may_be_said(longer, shorter, fit.offset_ms):
        return None
    found = _refined(longer, shorter, fit, look)
    if found is None:
        return None
    offset_ms, crop = found
    checked = _spread(np.flatnonzero(_covered(longer, shorter, offset_ms) & shorter.shows), CHECKED)
    seen = look([int(shorter.times[at]) + offset_ms for at in checked])
    if seen is None or len(checked) < FRAMES_LEAST:
        return None
    times, grids = seen[0], longer.showing(seen[1]).grids(crop[0])
    nearest = np.searchsorted(times, shorter.times[checked] + offset_ms + FINE_MS // 2, "right") - 1
    agreement = (grids[np.maximum(nearest, 0)] * shorter.grids(crop[1])[checked]).sum(axis=1)
    run = _longest_run(agreement >= SAME)
    share = (run.stop - run.start) / _due(shorter, checked)
    if run.stop - run.start < FRAMES_LEAST or share < SHARED_LEAST:
        return None
    here, there = _difference(
        agreement[run], fit.elsewhere[checked][run], shorter, crop[1], checked[run]
    )
    said = same_words(longer, shorter, offset_ms)
    if there < TELLING or here > RATIO * there:
        if said is None or said < SAID:
            return None
    elif said is not None and said < UNSAID and here > RATIO * there / 2:
        return None
    return Shared(offset_ms, *_span(longer, shorter, offset_ms, checked[run]))


def _difference(
    agreement: Floats, elsewhere: Floats, shorter: Reel, view: View, run: Ints
) -> tuple[float, float]:
    """How much the most telling frames of a run differ from the same moments, and from others, at the mean.

    Others are those of either video: what stands still tells nothing, wherever it agrees.
    """
    own = shorter.grids(view)[run]
    others = 1 - np.maximum(elsewhere, np.median(own @ own.T, axis=0))
    most = max(FRAMES_LEAST, len(run) // 4)
    telling = np.argsort(-others)[:most]
    return float((1 - agreement)[telling].mean()), float(others[telling].mean())


def _most_telling(shorter: Reel) -> float:
    """How much the most telling frames of any run that could be shared differ from the others, at most."""
    checked = _spread(np.flatnonzero(shorter.shows), CHECKED)
    least = max(FRAMES_LEAST, round(SHARED_LEAST * len(checked)))
    if len(checked) < least:
        return 0.0
    most = 0.0
    for view in {crop[1] for crop in crops(shorter, shorter)}:
        own = shorter.grids(view)[checked]
        others = 1 - np.sort(own @ own.T, axis=1)[:, (least - 1) // 2]
        most = max(most, float(np.sort(others)[-max(FRAMES_LEAST, least // 4) :].mean()))
    return most


def _stands_still(longer: Reel, shorter: Reel, fit: Fit) -> bool:
    """Whether the longer reel shows one picture as long as the shorter one may lie in it."""
    moved = shorter.times[fit.covered] + fit.offset_ms
    inside = (longer.times >= moved[0] - REACH_MS) & (longer.times <= moved[-1] + REACH_MS)
    grids = longer.grids()[inside]
    return bool(1 - (grids @ grids[0]).min() < TELLING)


def _may_be_said(longer: Reel, shorter: Reel, offset_ms: int) -> bool:
    """Whether the same may be said at any offset that is looked at closely."""
    steps = range(-REACH_MS, REACH_MS + 1, FINE_MS)
    return any((same_words(longer, shorter, offset_ms + step) or 0) >= SAID for step in steps)


def _refined(longer: Reel, shorter: Reel, fit: Fit, look: Look) -> tuple[int, Crop] | None:
    """The offset to a tenth of a second, and the crop, at which the most telling frames agree best."""
    covered = np.flatnonzero(fit.covered)
    anchors = [
        max(part, key=lambda at: -fit.elsewhere[at])
        for part in np.array_split(covered, ANCHORS)
        if len(part)
    ]
    steps = np.arange(-REACH_MS, REACH_MS + 1, FINE_MS)
    wanted = [shorter.times[at] + fit.offset_ms + steps for at in anchors]
    times = np.unique(np.concatenate(wanted)) if wanted else np.zeros(0, np.int64)
    seen = look([int(time) for time in times if time >= 0])
    if seen is None or not len(seen[0]):
        return None
    dense = longer.showing(seen[1])
    best = SAME, 0, fit.crop
    for crop in crops(longer, shorter):
        alike = dense.grids(crop[0]) @ shorter.grids(crop[1])[anchors].T
        at = np.searchsorted(seen[0], np.stack(wanted, 1), "right") - 1
        found = np.where(at >= 0, np.take_along_axis(alike, np.maximum(at, 0), 0), -1).mean(axis=1)
        step = int(np.argmax(found))
        if found[step] > best[0]:
            best = float(found[step]), int(steps[step]), crop
    return (fit.offset_ms + best[1], best[2]) if best[0] > SAME else None


def _covered(longer: Reel, shorter: Reel, offset_ms: int) -> npt.NDArray[np.bool_]:
    moved = shorter.times + offset_ms
    return np.asarray((moved >= 0) & (moved <= longer.times[-1] + NEAR_MS))


def _spread(chosen: Ints, most: int) -> Ints:
    """At most so many of them, evenly."""
    if len(chosen) <= most:
        return chosen
    return np.asarray(chosen[np.unique(np.linspace(0, len(chosen) - 1, most).astype(int))])


def _due(shorter: Reel, checked: Ints) -> float:
    """How many frames of all that tell would have been checked as densely."""
    telling = np.flatnonzero(shorter.shows)
    inside = int(((telling >= checked[0]) & (telling <= checked[-1])).sum())
    return len(checked) * len(telling) / max(inside, 1)


def _longest_run(good: npt.NDArray[np.bool_]) -> slice:
    """The longest row of frames that agree; one in between may not."""
    places = np.flatnonzero(good)
    if not len(places):
        return slice(0, 0)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 2) + 1)
    longest = max(runs, key=len)
    return slice(int(longest[0]), int(longest[-1]) + 1)


def _span(longer: Reel, shorter: Reel, offset_ms: int, run: Ints) -> tuple[int, int]:
    """From when to when a run of frames of the shorter reel lasts: to its ends where only dark is left."""
    telling = np.flatnonzero(shorter.shows & _covered(longer, shorter, offset_ms))
    first, last = int(run[0]), int(run[-1])
    step = int(np.median(np.diff(shorter.times))) if len(shorter.times) > 1 else 0
    start = 0 if first <= telling[0] else int(shorter.times[first])
    end = int(shorter.times[-1]) if last >= telling[-1] else int(shorter.times[last])
    return max(start, -offset_ms), end + step


def same_words(longer: Reel, shorter: Reel, offset_ms: int) -> float | None:
    """The share of the words (0..1) that both say at the same time; None where either says little.

    Only the time that both speak in counts: a copy may begin later, or end sooner.
    """
    if min(len(longer.words), len(shorter.words)) < WORDS_LEAST:
        return None
    moved = shorter.spoken + offset_ms
    low, high = max(longer.spoken[0], moved[0]), min(longer.spoken[-1], moved[-1])
    one = [(w, t) for w, t in zip(longer.words, longer.spoken, strict=True) if low <= t <= high]
    other = [(w, t) for w, t in zip(shorter.words, moved, strict=True) if low <= t <= high]
    if min(len(one), len(other)) < WORDS_LEAST:
        return None
    when: dict[str, list[int]] = {}
    for word, start in one:
        when.setdefault(word, []).append(start)
    met = sum(
        any(abs(start - there) <= _WORD_MS for there in when.get(word, ())) for word, start in other
    )
    return met / max(len(one), len(other))
