"""The line that a result shows, and which of its characters to mark."""

from __future__ import annotations

from collections.abc import Sequence

from gaze_pipeline.store.text import spans
from gaze_search_app.search.hits import SpeechHit
from gaze_search_app.search.query import Query


def best_line(lines: Sequence[SpeechHit]) -> SpeechHit | None:
    """The line that holds the most words of the query; BM25, then time, breaks ties."""
    return max(lines, key=lambda hit: (len(hit.words), hit.bm25, -hit.start_ms), default=None)


def marks(text: str, language: str, query: Query) -> list[tuple[int, int]]:
    """The [start, end) character ranges of `text` that match, in order, without overlaps."""
    wanted = frozenset().union(*query.words)
    found = sorted(
        (span.start, span.end)
        for span in spans(text, language)
        if not wanted.isdisjoint(span.tokens)
    )
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
