"""From hits to moments: stretches of one video, joined where hits lie close together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from gaze_search_app.search.hits import FrameHit, Interval, SpeechHit, TextHit, in_order, value
from gaze_search_app.search.scenes import grow


@value
class Stretch(Interval):
    """A moment in the making: [start_ms, end_ms] of one video and the hits that lie in it.

    `labels` are those detected meanwhile.
    """

    lines: tuple[SpeechHit, ...] = ()
    frames: tuple[FrameHit, ...] = ()
    labels: tuple[str, ...] = ()
    texts: tuple[TextHit, ...] = ()


T = TypeVar("T", SpeechHit, FrameHit, Stretch)


def join(
    lines: Iterable[SpeechHit],
    frames: Iterable[FrameHit],
    speech_window_ms: int,
    visual_window_ms: int,
    least: float = 0.0,
) -> list[Stretch]:
    """The moments of all hits, in order of video and time.

    Lines at most one speech window apart join. Frames make the scenes that hold one of at least the score
    `least` (see `scenes.grow`). What is heard and what is seen join where half of the shorter one lies in
    the other: who talks on into the next scene talks about another. The order of hits does not matter.
    """
    return meet(spoken(lines, speech_window_ms), frames, visual_window_ms, least)


def spoken(lines: Iterable[SpeechHit], window_ms: int) -> list[Stretch]:
    """The stretches of lines at most a window apart: those of `join` before it is known what is seen."""
    return [
        Stretch(*_span(group), lines=tuple(group))
        for group in groups(lines, lambda line: line.end_ms, window_ms)
    ]


def meet(
    heard: list[Stretch], frames: Iterable[FrameHit], visual_window_ms: int, least: float = 0.0
) -> list[Stretch]:
    """The moments of all hits as `join` gives them; those `heard` are joined already."""
    seen = [
        Stretch(*_span(scene), frames=tuple(scene))
        for scene in grow(frames, least, visual_window_ms)
    ]
    return in_order(map(_merged, _across(heard, seen)))


def _across(heard: list[Stretch], seen: list[Stretch]) -> list[list[Stretch]]:
    """The stretches, those of the two channels that happen together in one group."""
    by_video: dict[str, list[list[Stretch]]] = {}
    alone: list[list[Stretch]] = []
    for stretch in seen:
        by_video.setdefault(stretch.fingerprint, []).append([stretch])
    for line in heard:
        candidates = by_video.get(line.fingerprint, [])
        near = [group for group in candidates if _together(line, group)]
        if not near:
            alone.append([line])
            continue
        far = [group for group in candidates if not any(group is one for one in near)]
        by_video[line.fingerprint] = [*far, [line, *(s for group in near for s in group)]]
    return [*alone, *(group for groups in by_video.values() for group in groups)]


def _together(line: Stretch, group: list[Stretch]) -> bool:
    """Whether a spoken stretch and something seen in the group happen together."""
    return any(2 * _shared(line, seen) >= _shorter(line, seen) for seen in group if seen.frames)


def _shared(one: Stretch, other: Stretch) -> int:
    return min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)


def _shorter(one: Stretch, other: Stretch) -> int:
    return max(1, min(one.end_ms - one.start_ms, other.end_ms - other.start_ms))


def _merged(group: list[Stretch]) -> Stretch:
    if len(group) == 1:
        return group[0]
    group = in_order(group)
    return Stretch(
        *_span(group),
        lines=tuple(line for stretch in group for line in stretch.lines),
        frames=tuple(frame for stretch in group for frame in stretch.frames),
    )


def _span(group: list[T]) -> tuple[str, int, int]:
    first, *others = group
    end_ms = max([hit.end_ms for hit in group]) if others else first.end_ms
    return first.fingerprint, first.start_ms, end_ms


def join_around(
    lines: Iterable[SpeechHit],
    frames: Iterable[FrameHit],
    speech_window_ms: int,
    visual_window_ms: int,
    forbidden: Iterable[Interval],
    least: float = 0.0,
) -> list[Stretch]:
    """The moments of the hits that lie outside the forbidden times; none spans one of those."""
    windows = speech_window_ms, visual_window_ms
    walls: dict[str, list[Interval]] = {}
    for wall in sorted(forbidden):
        walls.setdefault(wall.fingerprint, []).append(wall)
    free: dict[int, tuple[list[SpeechHit], list[FrameHit]]] = {}
    for line in lines:
        if (number := _room(line, walls.get(line.fingerprint, []))) is not None:
            free.setdefault(number, ([], []))[0].append(line)
    for frame in frames:
        if (number := _room(frame, walls.get(frame.fingerprint, []))) is not None:
            free.setdefault(number, ([], []))[1].append(frame)
    rooms = (join(*room, *windows, least) for room in free.values())
    return in_order(stretch for room in rooms for stretch in room)


def _room(hit: Interval, walls: list[Interval]) -> int | None:
    """Behind how many walls a hit lies, None within one. Walls are in order of their start."""
    passed = 0
    for wall in walls:
        if wall.start_ms < max(hit.end_ms, hit.start_ms + 1) and hit.start_ms < wall.end_ms:
            return None
        passed += wall.start_ms < hit.start_ms
    return passed


def groups(hits: Iterable[T], reach: Callable[[T], int], window_ms: int) -> Iterator[list[T]]:
    """Runs of hits of one video that each start at most a window after the reach of those before."""
    group: list[T] = []
    reached = 0
    for hit in in_order(hits):
        near = group and hit.fingerprint == group[0].fingerprint
        if near and hit.start_ms - reached <= window_ms:
            group.append(hit)
            reached = max(reached, reach(hit))
            continue
        if group:
            yield group
        group, reached = [hit], reach(hit)
    if group:
        yield group
