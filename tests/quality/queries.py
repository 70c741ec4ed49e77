"""The known-item queries of a library, made from the truth about it.

A known-item query has an answer that the asker knows to exist, as in TRECVID's known-item search task
(Over et al., "TRECVID 2010", NIST 2011): here one moment, or a few where a shape comes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from tests.quality.material import absent, material
from tests.quality.meant import FOREIGN, paraphrases
from tests.quality.shape_films import Cast, cast
from tests.quality.timeline import Event, Span, in_order, stretches, together
from tests.support.shapes import article

WITHIN_S = 30
_LANGUAGES = {
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "zh": "Mandarin",
}


class Channel(StrEnum):
    """What holds a query's answer."""

    SPEECH = "speech"
    VISUAL = "visual"
    FUSED = "fused"
    TIME = "time"
    TEXT = "text"
    MEANING = "meaning"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Query:
    """A query, its group within its channel, and the moments that answer it (none: there is no answer).

    `plain` is what a search without time logic is asked in its place, `spoken` what of it was said.
    """

    text: str
    channel: Channel
    group: str
    known: tuple[Span, ...] = ()
    plain: str = ""
    spoken: str = ""

    @property
    def words(self) -> str:
        """The query without any syntax."""
        return self.plain or self.text


def queries(events: Sequence[Event], official: bool) -> list[Query]:
    """Every query that these events answer, and those that nothing answers.

    `official` adds what only the official image model knows.
    """
    shown = {name for event in events for name in event.see}
    plan = cast(sorted({scene.see for film in material().narrated for scene in film.scenes}))
    made = chain(
        _speech(events),
        _shapes(events, plan),
        _footage(events) if official else (),
        _fused(events),
        _time(events, plan),
        _written(events),
        _meant(events),
        _nothing(plan),
    )
    return [query for query in made if query.channel is Channel.NOTHING or (query.known and shown)]


def _speech(events: Sequence[Event]) -> Iterator[Query]:
    for event in events:
        if not event.say:
            continue
        how = "synthesised" if event.synthetic else "recorded"
        group = f"{_LANGUAGES[event.language]}, {how}"
        for text in event.ask:
            yield Query(text, Channel.SPEECH, group, (_span(event),), spoken=text)


def _shapes(events: Sequence[Event], plan: Cast) -> Iterator[Query]:
    groups = {name: group for group, names in plan.by_group.items() for name in names}
    narrated = sorted({n for e in events for n in e.see if " " in n and n not in groups})
    for name in [*groups, *narrated]:
        known = tuple(_seen(events, name))
        for text in (name, f"a photo of {article(name)} {name}"):
            yield Query(text, Channel.VISUAL, groups.get(name, "narrated"), known)
    pairs = plan.by_group["pair"]
    for one, other in zip(pairs[::2], pairs[1::2], strict=True):
        known = tuple(together(_seen(events, one), _seen(events, other)))
        text = f"{article(one)} {one} and {article(other)} {other}"
        yield Query(text, Channel.VISUAL, "both of a pair", known)


def _footage(events: Sequence[Event]) -> Iterator[Query]:
    asked = {text: None for event in events if "footage" in event.see for text in event.ask}
    for text in asked:
        known = tuple(
            _span(event) for event in events if "footage" in event.see and text in event.ask
        )
        yield Query(text, Channel.VISUAL, "real footage", known)


def _fused(events: Sequence[Event]) -> Iterator[Query]:
    for topic, name in _scenes(events):
        known = tuple(together(_seen(events, name), _said(events, topic)))
        yield Query(f"{topic} {name}", Channel.FUSED, "word and picture", known, spoken=topic)


def _time(events: Sequence[Event], plan: Cast) -> Iterator[Query]:
    scenes = list(_scenes(events))
    for topic, name in scenes[::2]:
        text, plain = f'say:{topic} with see:"{name}"', f"{topic} {name}"
        known = tuple(together(_said(events, topic), _seen(events, name)))
        yield Query(text, Channel.TIME, "with", known, plain, spoken=topic)
    names = plan.by_group["order"]
    for a, b, c in zip(names[::3], names[1::3], names[2::3], strict=True):
        for one, other in ((a, b), (b, c), (b, a), (c, a)):
            text = f'see:"{one}" then see:"{other}" within {WITHIN_S}s'
            known = tuple(_in_order(_seen(events, one), _seen(events, other)))
            yield Query(text, Channel.TIME, "seen, then seen", known, f"{one} {other}")
    for (topic, _), (_, name) in zip(scenes[:-1:3], scenes[1::3], strict=False):
        text = f'say:{topic} then see:"{name}" within {WITHIN_S}s'
        known = tuple(_in_order(_said(events, topic), _seen(events, name)))
        plain = f"{topic} {name}"
        yield Query(text, Channel.TIME, "said, then seen", known, plain, spoken=topic)


def _meant(events: Sequence[Event]) -> Iterator[Query]:
    for text, foreign, event in paraphrases(events):
        group = FOREIGN if foreign else _LANGUAGES[event.language]
        yield Query(text, Channel.MEANING, group, (_span(event),))


def _written(events: Sequence[Event]) -> Iterator[Query]:
    for event in events:
        for text in event.ask if event.script else ():
            plain = text.removeprefix("text:").strip('"')
            yield Query(text, Channel.TEXT, event.script, (_span(event),), plain)


def _in_order(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    return in_order(one, other, 1000 * WITHIN_S)


def _nothing(plan: Cast) -> Iterator[Query]:
    for text in absent().unsaid:
        yield Query(text, Channel.NOTHING, "never said")
    for text in absent().half_said:
        yield Query(text, Channel.NOTHING, "half said")
    for name in plan.absent:
        yield Query(name, Channel.NOTHING, "never shown")


def _scenes(events: Sequence[Event]) -> Iterator[tuple[str, str]]:
    """The word and the picture of each scene that no other scene has together."""
    for event in events:
        if event.topic:
            over = [e for e in events if e.see and together([_span(e)], [_span(event)])]
            yield event.topic, over[0].see[0]


def _seen(events: Sequence[Event], name: str) -> list[Span]:
    return stretches(events, lambda event: name in event.see)


def _said(events: Sequence[Event], topic: str) -> list[Span]:
    return stretches(events, lambda event: topic in event.say.casefold())


def _span(event: Event) -> Span:
    return Span(video=event.video, start_ms=event.start_ms, end_ms=event.end_ms)
