"""Which packets must be decoded to get the frame shown at each of a row of times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from gaze_pipeline.media.schedule import NEVER, Schedule

MAX_PENDING_BYTES = 64 << 20
HIDDEN = 2  # as many packets in a row, at most, are decoded and never shown


class Coded(Protocol):
    """What the selection needs to know of a packet."""

    pts: int | None
    dts: int | None
    duration: int | None
    is_keyframe: bool
    size: int


P = TypeVar("P", bound=Coded)


@dataclass(frozen=True, slots=True)
class Step(Generic[P]):
    """A packet to decode.

    `droppable`: the frame itself is not wanted, so it may be skipped if no other frame refers to
    it. `restart`: packets before this keyframe were left out, decoding begins afresh here. `hollow`: the
    frame shows nothing, it is only there for the decoder to count. `afresh`: no picture from here on is
    built on one before.
    """

    packet: P
    droppable: bool = False
    restart: bool = False
    hollow: bool = False
    afresh: bool = False


def select(
    packets: Iterable[P], schedule: Schedule, to_ms: Callable[[int], int], hidden: int = HIDDEN
) -> Iterator[Step[P]]:
    """The packets of a stream, in decoding order, that the frames of a schedule depend on.

    The wanted frames are, for each of its times, the last whose time `to_ms(pts)` does not exceed it. A
    packet without pts ends the selection: all from there on are passed through. Of the codec it is known how
    many frames in a row are `hidden` at most, decoded and not shown: so many before a wanted one may be it.
    """
    pending: list[P] = []
    due: int | None = None
    gap = False
    size = 0
    end = 0
    rest = iter(packets)
    for packet in rest:
        if packet.pts is None:
            yield from (Step(waiting) for waiting in (*pending, packet))
            yield from (Step(later) for later in rest)
            return
        shown = to_ms(packet.pts)
        end = max(end, shown + 1, to_ms(packet.pts + (packet.duration or 0)))
        if due is None:
            due = schedule.begin(max(0, shown))
        # No packet after this one is shown before its dts: all candidates for `due` are known.
        while packet.dts is not None and pending and to_ms(packet.dts) > due:
            for step in _up_to(due, pending, gap, to_ms, hidden):
                gap = False
                yield step
            due = schedule.after(due, min(_first(pending, to_ms), to_ms(packet.dts)))
            if due == NEVER:
                return
        if packet.is_keyframe and shown <= due:
            gap = gap or bool(pending)
            pending.clear()
            size = 0
        pending.append(packet)
        size += packet.size
        if size > MAX_PENDING_BYTES:
            for index, waiting in enumerate(pending):
                yield Step(waiting, restart=gap and index == 0)
            pending.clear()
            gap, size = False, 0
    while due is not None and pending and due < end:
        for step in _up_to(due, pending, gap, to_ms, hidden):
            gap = False
            yield step
        due = schedule.after(due, _first(pending, to_ms))  # a timestamp may lie years ahead


def _first(pending: list[P], to_ms: Callable[[int], int]) -> int:
    """The time of what is shown first of `pending`."""
    return min((to_ms(packet.pts) for packet in pending if packet.pts is not None), default=0)


def _up_to(
    due: int, pending: list[P], gap: bool, to_ms: Callable[[int], int], hidden: int
) -> Iterator[Step[P]]:
    """Take from `pending` what the frame shown at `due` needs."""
    candidates = sorted(p.pts for p in pending if p.pts is not None and to_ms(p.pts) <= due)
    if not candidates:
        return
    wanted = candidates[-1]
    kept = candidates[-1 - hidden :][0]
    last = next(index for index, packet in enumerate(pending) if packet.pts == wanted)
    needed = pending[: last + 1]
    del pending[: last + 1]
    for index, packet in enumerate(needed):
        droppable = packet.pts is not None and packet.pts < kept
        yield Step(packet, droppable, restart=gap and index == 0)
