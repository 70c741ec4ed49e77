"""The line that a result shows, and which of its characters to mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gaze_pipeline.store.text import spans
from gaze_search_app.search.hits import SpeechHit
from gaze_search_app.search.sounds import Sound
from gaze_search_app.search.transcript import SpeechScale


def best_line(lines: Sequence[SpeechHit], scale: SpeechScale) -> SpeechHit | None:
    """The line that holds the most words of the query; BM25, then time, breaks ties.

    Or the one that means it most, where that counts for more than the words.
    """
    best = max(lines, key=lambda hit: (len(hit.words), hit.bm25, -hit.start_ms), default=None)
    meant = max(lines, key=lambda hit: hit.meaning, default=None)
    return meant if best and meant and meant.meaning > scale.score([best]) else best


def marks(text: str, language: str, sounds: Iterable[Sound]) -> list[tuple[int, int]]:
    """The [start, end) character ranges of `text` that make any of the sounds, without overlaps.

    Of a phrase that the text does not say whole, as it goes on in another line, its words are marked.
    """
    found: list[tuple[int, int]] = []
    loose: set[str] = set()
    for phrase in (phrase for sound in sounds for phrase in sound.phrases):
        if whole := phrase.places(text):
            found += whole
        else:
            loose.update(*phrase.words)
    if loose:
        found += [(s.start, s.end) for s in spans(text, language) if not loose.isdisjoint(s.tokens)]
    return merged(found, text)


def merged(ranges: Iterable[tuple[int, int]], text: str = "") -> list[tuple[int, int]]:
    """The ranges in order, those as one that overlap or have only an apostrophe between them."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        last = joined[-1][1] if joined else -1
        if joined and (start <= last or (text and not text[last:start].strip("'\u2019"))):
            joined[-1] = (joined[-1][0], max(end, last))
        else:
            joined.append((start, end))
    return joined
