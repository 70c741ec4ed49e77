"""What others would answer from the same snapshot: the same lines, the same vectors, other rankings.

Frozen on purpose: nothing here follows when the engine improves, but for the words and vectors it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pyarrow as pa

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.store.text import query_words
from gaze_search_app.search.vision import TextEncoder
from tests.quality.metrics import Hit

DEPTH = 50
"""How many lines and how many frames a ranking starts from."""
SPEECH_WINDOW_MS, VISUAL_WINDOW_MS = 2000, 3000
BOOST, MOST_BOOST = 0.05, 0.15
RRF_K = 60


@dataclass(frozen=True)
class Window:
    """Hits of one video that fixed windows join, with the best of each channel: its rank, or its score."""

    span: Hit
    speech: float | None
    visual: float | None


class Baselines:
    """The baselines over one snapshot; each list is made once."""

    def __init__(self, snapshot: Snapshot, encoder: TextEncoder) -> None:
        self.snapshot = snapshot
        self.encoder = encoder
        self.bm25 = lru_cache(None)(self._bm25)
        self.cosine = lru_cache(None)(self._cosine)

    def _bm25(self, text: str) -> list[Hit]:
        """Words only: lines by BM25 (Robertson and Zaragoza 2009), over Gaze's own tokens."""
        words = query_words(text, self.snapshot.languages)
        if not words:
            return []
        rows = self.snapshot.rows(
            """SELECT fingerprint, start_ms, end_ms, bm25
               FROM (SELECT *, fts_main_segments.match_bm25(id, $query) AS bm25 FROM segments)
               WHERE bm25 IS NOT NULL ORDER BY bm25 DESC, id LIMIT $depth""",
            {"query": " ".join(sorted(set().union(*words))), "depth": DEPTH},
        )
        return self._hits(rows)

    def _cosine(self, text: str) -> list[Hit]:
        """Pictures only: frames by cosine to the query (Radford et al., "CLIP", 2021)."""
        vectors = self.snapshot.vectors
        if vectors is None:
            return []
        found = vectors.nearest(self.encoder.encode_texts([text])[0], DEPTH)
        rows = self.snapshot.rows(
            """SELECT fingerprint, frames.timestamp_ms, until_ms, cosine
               FROM found JOIN frames USING (fingerprint, frame_index)
               ORDER BY cosine DESC, fingerprint, frame_index""",
            found=pa.table(found),
        )
        return self._hits(rows)

    def reciprocal_ranks(self, text: str) -> list[Hit]:
        """Both by reciprocal rank fusion, k = 60 (Cormack, Clarke and Buettcher, SIGIR 2009)."""
        lines = _scored(self.bm25(text), lambda rank, _: -rank)
        frames = _scored(self.cosine(text), lambda rank, _: -rank)

        def worth(window: Window) -> float:
            ranks = (window.speech, window.visual)
            return sum(1 / (RRF_K - rank) for rank in ranks if rank is not None)

        return _ranked(windows(lines, frames), worth)

    def founding(self, text: str) -> list[Hit]:
        """Both as in the founding document: min-max normalised, half and half, boosted by labels."""
        said = [word for word in text.casefold().split() if word in self.snapshot.labels]

        def worth(window: Window) -> float:
            seen = self._labels(window.span) if said else frozenset()
            boost = min(BOOST * len(seen & set(said)), MOST_BOOST)
            return 0.5 * (window.speech or 0) + 0.5 * (window.visual or 0) + boost

        lines, frames = self.bm25(text), self.cosine(text)
        return _ranked(windows(_normalised(lines), _normalised(frames)), worth)

    def _labels(self, span: Hit) -> frozenset[str]:
        seen = self._detected.get(span.video, ())
        return frozenset(label for at, label in seen if span.start_ms <= at <= span.end_ms)

    @cached_property
    def _detected(self) -> dict[str, list[tuple[int, str]]]:
        """The labels of each video and when they are seen, ms."""
        detected: dict[str, list[tuple[int, str]]] = {}
        for fingerprint, at, label in self.snapshot.rows(
            "SELECT DISTINCT fingerprint, timestamp_ms, label FROM detections"
        ):
            detected.setdefault(self._names[fingerprint], []).append((at, label))
        return detected

    @cached_property
    def _names(self) -> dict[str, str]:
        return dict(
            self.snapshot.rows(
                "SELECT fingerprint, parse_filename(min(path)) FROM files GROUP BY 1"
            )
        )

    def _hits(self, rows: Sequence[tuple[str, int, int, float]]) -> list[Hit]:
        return [
            Hit(video=self._names[fingerprint], start_ms=start, end_ms=end, score=score)
            for fingerprint, start, end, score in rows
        ]


def windows(lines: Sequence[Hit], frames: Sequence[Hit]) -> list[Window]:
    """Join lines 2 s apart, frames 3 s apart, then what was heard to what was seen next to it."""
    spoken = _joined(
        [Window(hit, hit.score, None) for hit in lines],
        lambda last, part: part.start_ms - last.end_ms <= SPEECH_WINDOW_MS,
    )
    seen = _joined(
        [Window(hit, None, hit.score) for hit in frames],
        lambda last, part: part.start_ms - last.start_ms <= VISUAL_WINDOW_MS,
    )
    heard = {window.span for window in spoken}
    return _joined(
        [*spoken, *seen],
        lambda last, part: (
            (last in heard) != (part in heard) and part.start_ms - last.end_ms <= SPEECH_WINDOW_MS
        ),
    )


def _joined(parts: Sequence[Window], near: Callable[[Hit, Hit], bool]) -> list[Window]:
    """Runs of parts of one video, each near the one before."""
    made: list[Window] = []
    before: Hit | None = None
    for part in sorted(parts, key=lambda part: (part.span.video, part.span.start_ms)):
        if before and before.video == part.span.video and near(before, part.span):
            last = made[-1]
            end = max(last.span.end_ms, part.span.end_ms)
            span = last.span.model_copy(update={"end_ms": end})
            speech, visual = _most(last.speech, part.speech), _most(last.visual, part.visual)
            made[-1] = Window(span, speech, visual)
        else:
            made.append(part)
        before = part.span
    return made


def _most(one: float | None, other: float | None) -> float | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _scored(hits: Sequence[Hit], score: Callable[[int, Hit], float]) -> list[Hit]:
    return [
        hit.model_copy(update={"score": score(rank, hit)}) for rank, hit in enumerate(hits, start=1)
    ]


def _normalised(hits: Sequence[Hit]) -> list[Hit]:
    low, high = (f((hit.score for hit in hits), default=0.0) for f in (min, max))
    return _scored(hits, lambda _, hit: (hit.score - low) / (high - low) if high > low else 1.0)


def _ranked(found: Sequence[Window], worth: Callable[[Window], float]) -> list[Hit]:
    hits = [window.span.model_copy(update={"score": worth(window)}) for window in found]
    return sorted(hits, key=lambda hit: (-hit.score, hit.video, hit.start_ms))
