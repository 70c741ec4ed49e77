"""The speech channel: lines ranked by BM25, scored by how much of the query they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.hits import SpeechHit
from gaze_search_app.search.query import Query

MOST = 1000
"""The best lines of an answer that become moments."""
_KEPT = 0.3
_TEXTURE = 0.2
_TELLING = 0.25

_QUERY = """
    SELECT fingerprint, start_ms, end_ms, text, language, tokens, bm25
    FROM (SELECT *, fts_main_segments.match_bm25(id, $query) AS bm25 FROM segments)
    WHERE bm25 IS NOT NULL {within}
    ORDER BY bm25 DESC, id LIMIT $most
"""


@dataclass(frozen=True)
class SpeechScale:
    """How telling each word of a query is in this library: its inverse document frequency."""

    weights: tuple[float, ...]

    def coverage(self, words: Collection[int]) -> float:
        """The share of the query's meaning that these words carry (0..1)."""
        total = sum(self.weights)
        return min(1.0, sum(self.weights[word] for word in sorted(words)) / total) if total else 0.0

    def telling(self, words: Sequence[frozenset[str]]) -> list[frozenset[str]]:
        """The query's words without those that are everywhere, unless there are no others."""
        least = _TELLING * max(self.weights, default=0.0)
        return [w for w, weight in zip(words, self.weights, strict=True) if weight >= least]

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
    snapshot: Snapshot, query: Query, fingerprints: Sequence[str] | None, labels: Sequence[str]
) -> tuple[list[SpeechHit], SpeechScale]:
    """The lines that hold enough of the query, among these videos, where these labels are seen."""
    scale = SpeechScale(_weights(snapshot, query))
    if not query.words:
        return [], scale
    terms = sorted(set().union(*query.words))
    values: dict[str, object] = {"query": " ".join(terms), "most": MOST}
    within = ""
    if fingerprints is not None:
        within += " AND list_contains($fingerprints, fingerprint)"
        values["fingerprints"] = list(fingerprints)
    if labels:
        within += """ AND fingerprint IN
            (SELECT fingerprint FROM detections WHERE list_contains($labels, label))"""
        values["labels"] = list(labels)
    rows = snapshot.rows(_QUERY.format(within=within), values)
    best = rows[0][-1] if rows else 1.0
    return telling([_hit(row, query, best) for row in rows], scale), scale


def telling(hits: Sequence[SpeechHit], scale: SpeechScale) -> list[SpeechHit]:
    """The hits that hold a fair share of what the best one holds.

    Without this, a query's commonest word would join whole videos into one moment.
    """
    best = max((scale.coverage(hit.words) for hit in hits), default=0.0)
    return [hit for hit in hits if scale.coverage(hit.words) >= _KEPT * best]


def _weights(snapshot: Snapshot, query: Query) -> tuple[float, ...]:
    terms = sorted(set().union(*query.words)) if query.words else []
    counts = dict(
        snapshot.rows(
            "SELECT term, df FROM fts_main_segments.dict WHERE list_contains($terms, term)",
            {"terms": terms},
        )
    )
    lines = snapshot.info.segments
    said = [max((counts.get(term, 0) for term in word), default=0) for word in query.words]
    return tuple(log((lines - count + 0.5) / (count + 0.5) + 1) for count in said)


def _hit(row: tuple[Any, ...], query: Query, best: float) -> SpeechHit:
    fingerprint, start_ms, end_ms, text, language, tokens, bm25 = row
    held = set(tokens.split())
    words = tuple(index for index, word in enumerate(query.words) if not word.isdisjoint(held))
    return SpeechHit(
        fingerprint=fingerprint,
        start_ms=start_ms,
        end_ms=end_ms,
        words=words,
        bm25=bm25 / best,
        text=text,
        language=language,
    )
