"""The speech channel: lines ranked by BM25, scored by how much of the query they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import pyarrow as pa

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.hits import SpeechHit
from gaze_search_app.search.moments import groups
from gaze_search_app.search.scope import Scope
from gaze_search_app.search.sounds import Sound
from gaze_search_app.search.spoken import lines_with

MOST = 1000
"""The best lines of an answer that become moments."""
_KEPT = 0.3
_TEXTURE = 0.2
_TELLING = 0.25

_QUERY = """
    SELECT id, fingerprint, start_ms, end_ms, text, language, tokens, bm25
    FROM (SELECT *, fts_main_segments.match_bm25(id, $query) AS bm25 FROM segments)
    LEFT JOIN required USING (id)
    WHERE bm25 IS NOT NULL {within}
    ORDER BY coalesce(sounds, 0) DESC, bm25 DESC, id LIMIT $most
"""


@dataclass(frozen=True)
class SpeechScale:
    """How telling each sound of a query is in this library: its inverse document frequency."""

    weights: tuple[float, ...]

    def coverage(self, sounds: Collection[int]) -> float:
        """The share of the query's meaning that these sounds carry (0..1)."""
        total = sum(self.weights)
        return min(1.0, sum(self.weights[one] for one in sorted(sounds)) / total) if total else 0.0

    def telling(self, sounds: Sequence[Sound], held: Collection[int]) -> list[Sound]:
        """The sounds that a line holds, without those that are everywhere if it holds others."""
        least = _TELLING * max((self.weights[number] for number in held), default=0.0)
        return [sounds[number] for number in sorted(held) if self.weights[number] >= least]

    def score(self, hits: Iterable[SpeechHit]) -> float:
        """How well the lines of one moment, taken together, answer the query (0..1).

        Mostly how much of the query was said, whatever the best line of the library reaches, so
        that a poor best stays poor; BM25 orders lines that say equally much.
        """
        words: set[int] = set()
        best = 0.0
        for hit in hits:
            words.update(hit.words)
            best = max(best, hit.bm25)
        return self.coverage(words) * (1 - _TEXTURE + _TEXTURE * best)


def search(
    snapshot: Snapshot,
    sounds: Sequence[Sound],
    scope: Scope,
    labels: Collection[str],
    window_ms: int,
) -> tuple[list[SpeechHit], SpeechScale]:
    """The lines that hold enough of the sounds, in videos where any of these labels is seen.

    Lines at most a window apart that lack a required sound between them are left out.
    """
    scale = SpeechScale(_weights(snapshot, sounds))
    if not sounds:
        return [], scale
    held = {
        number: lines_with(snapshot, sound, scope.fingerprints, window_ms)
        for number, sound in enumerate(sounds)
        if sound.required or sound.ordered
    }
    within, values = scope.lines()
    if labels:
        within += """ AND fingerprint IN
            (SELECT fingerprint FROM detections WHERE list_contains($labels, label))"""
        values["labels"] = sorted(labels)
    terms = sorted(frozenset[str]().union(*(sound.tokens for sound in sounds)))
    rows = snapshot.rows(
        _QUERY.format(within=within),
        {**values, "query": " ".join(terms), "most": MOST},
        required=_required(sounds, held),
    )
    best = max((row[-1] for row in rows), default=1.0)
    hits = telling([_hit(row, sounds, held, best) for row in rows], scale, sounds)
    return _complete(hits, sounds, window_ms), scale


def telling(
    hits: Sequence[SpeechHit], scale: SpeechScale, sounds: Sequence[Sound] = ()
) -> list[SpeechHit]:
    """The hits that hold a required sound, or a fair share of what the best one holds.

    Without this, a query's commonest word would join whole videos into one moment.
    """
    required = _numbers(sounds)
    best = max((scale.coverage(hit.words) for hit in hits), default=0.0)
    return [
        hit
        for hit in hits
        if scale.coverage(hit.words) >= _KEPT * best or not required.isdisjoint(hit.words)
    ]


def _numbers(sounds: Sequence[Sound]) -> frozenset[int]:
    """Which of the sounds are required."""
    return frozenset(number for number, sound in enumerate(sounds) if sound.required)


def _complete(hits: list[SpeechHit], sounds: Sequence[Sound], window_ms: int) -> list[SpeechHit]:
    """The hits whose neighbourhood holds every required sound."""
    required = _numbers(sounds)
    return [
        hit
        for group in groups(hits, lambda line: line.end_ms, window_ms)
        if required <= {number for hit in group for number in hit.words}
        for hit in group
    ]


def _required(sounds: Sequence[Sound], held: dict[int, frozenset[int]]) -> pa.Table:
    counts: dict[int, int] = {}
    for number in _numbers(sounds):
        for line in held[number]:
            counts[line] = counts.get(line, 0) + 1
    return pa.table(
        {"id": pa.array(counts.keys(), pa.int64()), "sounds": pa.array(counts.values(), pa.int64())}
    )


def _weights(snapshot: Snapshot, sounds: Sequence[Sound]) -> tuple[float, ...]:
    terms = sorted(frozenset[str]().union(*(sound.tokens for sound in sounds)))
    counts = dict(
        snapshot.rows(
            "SELECT term, df FROM fts_main_segments.dict WHERE term IN (SELECT unnest($terms))",
            {"terms": terms},
        )
    )
    lines = snapshot.info.segments

    def weight(word: frozenset[str]) -> float:
        count = max((counts.get(term, 0) for term in word), default=0)
        return log((lines - count + 0.5) / (count + 0.5) + 1)

    return tuple(min(sum(map(weight, phrase.words)) for phrase in s.phrases) for s in sounds)


def _hit(
    row: tuple[Any, ...], sounds: Sequence[Sound], held: dict[int, frozenset[int]], best: float
) -> SpeechHit:
    line, fingerprint, start_ms, end_ms, text, language, tokens, bm25 = row
    holds = set(tokens.split())
    words = tuple(
        number
        for number, sound in enumerate(sounds)
        if (line in held[number] if number in held else sound.held_by(holds))
    )
    return SpeechHit(
        fingerprint=fingerprint,
        start_ms=start_ms,
        end_ms=end_ms,
        words=words,
        bm25=bm25 / best,
        text=text,
        language=language,
    )
