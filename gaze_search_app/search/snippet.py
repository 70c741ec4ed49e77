"""The line that a result shows, and which of its characters to mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gaze_pipeline.store.text import spans
from gaze_search_app.search.hits import SpeechHit


def best_line(lines: Sequence[SpeechHit]) -> SpeechHit | None:
    """The line that holds the most words of the query; BM25, then time, breaks ties."""
    return max(lines, key=lambda hit: (len(hit.words), hit.bm25, -hit.start_ms), default=None)


def marks(text: str, language: str, words: Iterable[frozenset[str]]) -> list[tuple[int, int]]:
    """The [start, end) character ranges of `text` that match any of the words, without overlaps."""
    wanted = frozenset[str]().union(*words)
    found = sorted(
        (span.start, span.end)
        for span in spans(text, language)
        if not wanted.isdisjoint(span.tokens)
    )
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and not text[merged[-1][1] : start].strip("'\u2019"):
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
