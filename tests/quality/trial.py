"""Asking every method every query, and the figures that come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gaze_pipeline.settings import ModelSettings
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.store.text import query_words
from gaze_pipeline.workspace import Workspace
from gaze_search_app.search.engine import Engine
from tests.quality.baselines import Baselines
from tests.quality.library import prepare
from tests.quality.methods import Method, methods
from tests.quality.metrics import Figures, Hit, Judged, figures, judge, separation
from tests.quality.queries import Channel, Query, queries
from tests.quality.timeline import Span

ANSWERED = (Channel.SPEECH, Channel.VISUAL, Channel.FUSED)
"""The channels that every search can be asked about, in plain words."""
OFFICIAL = "openclip-vit-b-32"


@dataclass(frozen=True)
class Asked:
    """A query, the best hit of a method's answer, and what the answer is worth."""

    query: Query
    first: Hit | None
    judged: Judged


@dataclass(frozen=True)
class Answers:
    """A method's answers, in the order of the queries."""

    method: str
    asked: tuple[Asked, ...]

    def over(self, *channels: Channel, group: str = "") -> Figures:
        """The figures over the queries of these channels, or of one group of them."""
        return figures([one.judged for one in self._of(*channels, group=group)])

    def false_alarms(self, group: str = "") -> float:
        """The share of the queries without an answer that are answered all the same."""
        asked = self._of(Channel.NOTHING, group=group)
        return sum(one.first is not None for one in asked) / len(asked) if asked else 0.0

    def separation(self, *channels: Channel) -> float:
        """How well the best score tells these queries from those without an answer (0.5: not at all)."""
        return separation(
            [one.judged.top for one in self._of(*channels)],
            [one.judged.top for one in self._of(Channel.NOTHING)],
        )

    def _of(self, *channels: Channel, group: str = "") -> list[Asked]:
        return [
            one
            for one in self.asked
            if one.query.channel in channels and group in ("", one.query.group)
        ]


@dataclass(frozen=True)
class Trial:
    """All answers; `heard` tells of each query for something said whether that was understood at all."""

    model: str
    videos: int
    seconds: float
    queries: tuple[Query, ...]
    answers: tuple[Answers, ...]
    heard: dict[Query, bool]

    def groups(self) -> dict[tuple[Channel, str], int]:
        """Every group and how many queries it has, in order."""
        counts: dict[tuple[Channel, str], int] = {}
        for query in self.queries:
            key = query.channel, query.group
            counts[key] = counts.get(key, 0) + 1
        return counts


def hold(models: ModelSettings, reduced: bool = False) -> Trial:
    """Prepare the library and ask. Takes minutes when nothing is there yet; see `library`."""
    library = prepare(models, reduced)
    workspace = Workspace.open(library.settings)
    engine, snapshot = Engine(library.settings), Snapshot.open(library.settings.paths)
    encoder = workspace.models.clip_text()
    asked = tuple(queries(library.events, encoder.model_id == OFFICIAL))
    [(videos, duration_ms)] = snapshot.rows("SELECT count(*), sum(duration_ms) FROM videos")
    return Trial(
        model=encoder.model_id,
        videos=int(videos),
        seconds=round(float(duration_ms) / 1000, 1),
        queries=asked,
        answers=tuple(
            _ask(method, asked) for method in methods(engine, Baselines(snapshot, encoder))
        ),
        heard={query: _heard(snapshot, query) for query in asked if query.spoken},
    )


def _ask(method: Method, asked: Sequence[Query]) -> Answers:
    answers = []
    for query in asked:
        if query.channel in method.channels:
            hits = method.answer(query)
            answers.append(Asked(query, hits[0] if hits else None, judge(hits, query.known)))
    return Answers(method.name, tuple(answers))


def _heard(snapshot: Snapshot, query: Query) -> bool:
    """Whether a line of a known moment holds half of the words that were said; else no search can find it."""
    words = query_words(query.spoken, snapshot.languages)
    return any(
        2 * sum(not word.isdisjoint(line) for word in words) >= len(words)
        for moment in query.known
        for line in _lines(snapshot, moment)
    )


def _lines(snapshot: Snapshot, moment: Span) -> list[set[str]]:
    rows = snapshot.rows(
        """SELECT tokens FROM segments JOIN files USING (fingerprint)
           WHERE parse_filename(path) = $video AND start_ms < $end AND end_ms > $start""",
        {"video": moment.video, "start": moment.start_ms, "end": moment.end_ms},
    )
    return [set(tokens.split()) for (tokens,) in rows]
