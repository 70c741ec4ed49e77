"""From frames that look like a query to scenes: seeded region growing over time.

As in Adams and Bischof, "Seeded region growing" (IEEE PAMI 1994), in one dimension: from the best frame on, a
scene takes in its neighbours down to a share of its peak. So a scene ends in the valley between two
peaks, and at the cut to something else, but not where a shape turns away for a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gaze_search_app.search.hits import FrameHit, in_order

ACROSS, WITHIN = 0.5, 0.2
"""The share of its peak that a frame of another shot, and one of the same shot, needs to be of a scene."""


def grow(hits: Iterable[FrameHit], least: float, window_ms: int) -> list[list[FrameHit]]:
    """The scenes around the frames that score at least `least`, each in order of time.

    Frames at most a window apart are neighbours. A frame that is lower than its neighbour is no peak, so
    that the slope of one scene does not make another.
    """
    found = list(hits)
    videos: dict[str, list[FrameHit]] = {hit.fingerprint: [] for hit in found if hit.score >= least}
    for hit in found:
        if (video := videos.get(hit.fingerprint)) is not None:
            video.append(hit)
    return [
        scene
        for _, video in sorted(videos.items())
        for scene in _scenes(in_order(video), least, window_ms)
    ]


def _scenes(hits: Sequence[FrameHit], least: float, window_ms: int) -> list[list[FrameHit]]:
    owner: dict[int, int] = {}
    scenes: list[range] = []
    for peak in sorted(range(len(hits)), key=lambda at: (-hits[at].score, at)):
        if hits[peak].score < least:
            break
        if peak in owner or not _is_peak(hits, peak, window_ms):
            continue
        first = _reach(hits, peak, -1, owner, window_ms)
        last = _reach(hits, peak, 1, owner, window_ms)
        owner |= dict.fromkeys(range(first, last + 1), len(scenes))
        scenes.append(range(first, last + 1))
    return [[hits[at] for at in scene] for scene in sorted(scenes, key=lambda scene: scene.start)]


def _is_peak(hits: Sequence[FrameHit], at: int, window_ms: int) -> bool:
    """Whether no neighbour is better, nor one of those that are as good."""
    for step in (-1, 1):
        here = at
        while 0 <= (near := here + step) < len(hits) and _near(hits, here, near, window_ms):
            if hits[near].score != hits[at].score:
                break
            here = near
        else:
            continue
        if hits[near].score > hits[at].score:
            return False
    return True


def _reach(
    hits: Sequence[FrameHit], peak: int, step: int, taken: Iterable[int], window_ms: int
) -> int:
    """The last frame in one direction that belongs to the scene of a peak."""
    at = peak
    while 0 <= (near := at + step) < len(hits) and near not in taken:
        needed = WITHIN if hits[near].shot == hits[at].shot else ACROSS
        if not _near(hits, at, near, window_ms) or hits[near].score < needed * hits[peak].score:
            break
        at = near
    return at


def _near(hits: Sequence[FrameHit], one: int, other: int, window_ms: int) -> bool:
    return abs(hits[one].start_ms - hits[other].start_ms) <= window_ms
