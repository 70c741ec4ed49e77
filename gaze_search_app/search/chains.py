"""Time logic: what happens at the same time, and what happens one after the other.

Everything here is about intervals of videos, whatever they stand for; sorted merges, so that a long list
costs little more than sorting it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate
from typing import Generic, TypeVar

from gaze_search_app.search.hits import Interval

H = TypeVar("H", bound=Interval)
T = TypeVar("T")
E = TypeVar("E")


@dataclass(frozen=True)
class Event(Generic[E]):
    """Something that happens in a video, how well it answers (the more the better), and why."""

    time: Interval
    score: float
    evidence: tuple[E, ...] = ()


def together(parts: Sequence[Sequence[H]], window_ms: int) -> list[tuple[tuple[H, ...], ...]]:
    """What of several parts happens at the same time: for each occasion the hits of every part.

    A hit counts if a hit of every other part of the same video overlaps it or lies at most a window
    away. Hits that count and lie at most a window apart make one occasion, if every part is in it.
    """
    videos = [_by_video(part, lambda hit: hit) for part in parts]
    occasions: list[tuple[tuple[H, ...], ...]] = []
    for video in sorted(set(videos[0]).intersection(*videos[1:])):
        hits = [sorted(part[video], key=lambda hit: hit.start_ms) for part in videos]
        counting = [
            (hit, number)
            for number, own in enumerate(hits)
            for hit in _near_all(own, [*hits[:number], *hits[number + 1 :]], window_ms)
        ]
        for group in _runs(counting, window_ms):
            occasion = tuple(
                tuple(hit for hit, number in group if number == part) for part in range(len(parts))
            )
            if all(occasion):
                occasions.append(occasion)
    return occasions


def in_order(steps: Sequence[Sequence[Event[E]]], within_ms: Sequence[int]) -> list[Event[E]]:
    """Chains of one event of each step, each with the time that it spans. Scores add up.

    Each event starts after the one before it started, at most `within_ms` after that one ended. Of the
    chains that end in the same event the best counts (of equals the one that starts last), then of
    those that overlap the best.
    """
    chains = [_Chain(event.time, event) for event in steps[0]]
    for step, within in zip(steps[1:], within_ms, strict=True):
        before, after = _by_video(chains, lambda c: c.last), _by_video(step, lambda e: e.time)
        chains = [
            chain
            for video in sorted(before.keys() & after.keys())
            for chain in _followed(before[video], after[video], within)
        ]
    return _apart([chain.whole for chain in chains])


@dataclass(frozen=True)
class _Chain(Generic[E]):
    """Events in a row as one, and the time of the last of them."""

    last: Interval
    whole: Event[E]

    def then(self, event: Event[E]) -> _Chain[E]:
        whole = self.whole
        end_ms = max(whole.time.end_ms, event.time.end_ms)
        time = Interval(whole.time.fingerprint, whole.time.start_ms, end_ms)
        evidence = (*whole.evidence, *event.evidence)
        return _Chain(event.time, Event(time, whole.score + event.score, evidence))

    @property
    def rank(self) -> tuple[float, int, int, int]:
        return -self.whole.score, -self.last.start_ms, -self.whole.time.start_ms, self.last.end_ms


def _followed(
    chains: Iterable[_Chain[E]], events: Iterable[Event[E]], within_ms: int
) -> Iterator[_Chain[E]]:
    """For each event of one video the best chain that it can follow, with it."""
    waiting = sorted(chains, key=lambda chain: chain.last.start_ms, reverse=True)
    open_: list[tuple[tuple[float, int, int, int], int, _Chain[E]]] = []
    for event in sorted(events, key=lambda event: event.time.start_ms):
        start_ms = event.time.start_ms
        while waiting and waiting[-1].last.start_ms < start_ms:
            chain = waiting.pop()
            heappush(open_, (chain.rank, len(waiting), chain))
        while open_ and open_[0][-1].last.end_ms < start_ms - within_ms:
            heappop(open_)  # no later event can follow it either
        if open_:
            yield open_[0][-1].then(event)


def _apart(events: Iterable[Event[E]]) -> list[Event[E]]:
    """The best of the events, then the best that does not overlap it, and so on; in order of time."""
    kept: dict[str, list[tuple[int, int]]] = {}
    chosen: list[Event[E]] = []
    for event in sorted(events, key=_worth):
        start_ms = event.time.start_ms
        end_ms = max(event.time.end_ms, start_ms + 1)
        taken = kept.setdefault(event.time.fingerprint, [])
        place = bisect_left(taken, (start_ms, end_ms))
        if place < len(taken) and taken[place][0] < end_ms:
            continue
        if place and taken[place - 1][1] > start_ms:
            continue
        taken.insert(place, (start_ms, end_ms))
        chosen.append(event)
    return sorted(chosen, key=lambda event: event.time)


def _worth(event: Event[E]) -> tuple[float, int, Interval]:
    return -event.score, event.time.end_ms - event.time.start_ms, event.time


def _by_video(items: Iterable[T], time: Callable[[T], Interval]) -> dict[str, list[T]]:
    videos: dict[str, list[T]] = {}
    for item in items:
        videos.setdefault(time(item).fingerprint, []).append(item)
    return videos


def _near_all(own: list[H], others: Sequence[list[H]], window_ms: int) -> list[H]:
    """The hits that have one of each other list within a window; all lists in order of start."""
    for other in others:
        starts = [hit.start_ms for hit in other]
        reached = list(accumulate((hit.end_ms for hit in other), max))
        kept = []
        for hit in own:
            begun = bisect_right(starts, hit.end_ms + window_ms)
            if begun and reached[begun - 1] >= hit.start_ms - window_ms:
                kept.append(hit)
        own = kept
    return own


def _runs(hits: list[tuple[H, int]], window_ms: int) -> Iterator[list[tuple[H, int]]]:
    """Hits of one video in runs that have no gap longer than a window."""
    run: list[tuple[H, int]] = []
    reached = 0
    for hit, number in sorted(hits, key=lambda pair: (pair[0].start_ms, pair[0].end_ms, pair[1])):
        if run and hit.start_ms - reached > window_ms:
            yield run
            run = []
        reached = max(reached, hit.end_ms) if run else hit.end_ms
        run.append((hit, number))
    if run:
        yield run
