"""What happens when in the suite's videos: the truth that answers are judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pydantic import BaseModel, ConfigDict


class Span(BaseModel):
    """A stretch of one video, [start_ms, end_ms)."""

    model_config = ConfigDict(frozen=True)

    video: str
    start_ms: int
    end_ms: int


class Event(Span):
    """What is shown (names of shapes) or said meanwhile, or in which script something is written.

    `ask` is what is asked about it.
    """

    see: tuple[str, ...] = ()
    say: str = ""
    language: str = ""
    topic: str = ""
    synthetic: bool = False
    script: str = ""
    ask: tuple[str, ...] = ()


def stretches(events: Iterable[Event], holds: Callable[[Event], bool]) -> list[Span]:
    """The stretches during which something holds, neighbouring events joined."""
    found: list[Span] = []
    for event in sorted(filter(holds, events), key=lambda event: (event.video, event.start_ms)):
        if found and found[-1].video == event.video and found[-1].end_ms >= event.start_ms:
            event_end = max(found[-1].end_ms, event.end_ms)
            found[-1] = found[-1].model_copy(update={"end_ms": event_end})
        else:
            found.append(Span(video=event.video, start_ms=event.start_ms, end_ms=event.end_ms))
    return found


def together(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Where stretches of both lie over each other."""
    return [
        Span(video=a.video, start_ms=max(a.start_ms, b.start_ms), end_ms=min(a.end_ms, b.end_ms))
        for a in one
        for b in other
        if a.video == b.video and a.start_ms < b.end_ms and b.start_ms < a.end_ms
    ]


def in_order(one: Sequence[Span], other: Sequence[Span], within_ms: int) -> list[Span]:
    """From the start of one to the end of the next other that starts at most `within_ms` after its end."""
    found = []
    for a in one:
        later = [b for b in other if b.video == a.video and 0 <= b.start_ms - a.end_ms <= within_ms]
        for b in sorted(later, key=lambda b: b.start_ms)[:1]:
            found.append(Span(video=a.video, start_ms=a.start_ms, end_ms=b.end_ms))
    return found
