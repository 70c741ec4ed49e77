"""Lines that say what is asked for in other words: a part of the speech channel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.hits import SpeechHit
from gaze_search_app.search.model import POSSIBLE, STRONG
from gaze_search_app.search.scope import Scope
from gaze_search_app.search.transcript import SpeechScale

Vectors = npt.NDArray[np.float32]

MOST = 100
"""The nearest lines that become moments."""
MOST_SURE = STRONG - 0.01
"""What is only meant is never as sure as what is said."""
_LEAST = 0.35
_TELLING = 0.7
"""What scores less, or less than this share of the best one, is not shown: it would be anything at all."""
_SAID = 0.15
"""A line that says so much of a query is judged by its words."""
_MOSTLY_SAID, _BELOW = 0.5, 0.9
_SAMPLE = 1024
_CLEAR = 2.0
_LEAST_SPREAD = 0.02
_CACHED_QUERIES = 128


class SentenceModel(Protocol):
    """What meaning is compared by; see `gaze_pipeline.models.sentence_encoder`."""

    model_id: str
    dim: int
    everyday: Vectors

    def encode_query(self, text: str) -> Vectors:
        """A query to float32 [dim], L2-normalised."""


@dataclass(frozen=True)
class MeaningScale:
    """What cosines of queries and lines are worth in a library.

    `lines` are from all over it, [n, dimensions]; `usual` is the cosine of any query and line, `spread` its
    deviation. A query's own usual cosine counts half: some lie near all that is said, but a library may also
    be all about one thing. From `_CLEAR` deviations on a line is possible.
    """

    lines: Vectors
    usual: float
    spread: float

    def score(self, query: Vectors, cosines: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """What cosines to a query's vector are worth, 0 to `MOST_SURE`, rising with them."""
        usual = (self.usual + float(np.median(self.lines @ query))) / 2 if len(self.lines) else 0.0
        deviations = (np.asarray(cosines, np.float64) - usual) / max(self.spread, _LEAST_SPREAD)
        scores: npt.NDArray[np.float64] = np.clip(POSSIBLE * deviations / _CLEAR, 0.0, MOST_SURE)
        return scores


class Meaning:
    """The sentence model of the searching process, loaded when first needed. Threads may share it."""

    def __init__(self, load: Callable[[], SentenceModel]) -> None:
        self._load = load
        self._lock = threading.RLock()
        self._encoder: SentenceModel | None = None
        self._vector = lru_cache(_CACHED_QUERIES)(self._encode)

    def lines(
        self, text: str, snapshot: Snapshot, scope: Scope, labels: Collection[str]
    ) -> list[SpeechHit]:
        """The lines nearest to a query in meaning that may answer, in videos that show any of these labels.

        Raises GazeError(MODEL_MISSING | MODEL_CORRUPT | INDEX_CORRUPT), MODEL_MISSING too where the lines
        of this snapshot were encoded by another model.
        """
        reader = snapshot.meanings
        if reader is None:
            return []
        encoder = self._model()
        if encoder.model_id != snapshot.info.sentence_model or encoder.dim != reader.dimensions:
            raise GazeError(ErrorCode.MODEL_MISSING, snapshot.info.sentence_model)
        vector = self._vector(text)
        found = reader.nearest(
            vector,
            MOST,
            fingerprints=scope.showing(snapshot, labels),
            languages=scope.languages,
        )
        scores = self._judged(snapshot).score(vector, found["cosine"])
        corpus, numbers = snapshot.spoken, snapshot.columns.numbers
        runs, places = corpus.runs, found["segment_index"]
        videos = np.array([numbers.get(one, -1) for one in found["fingerprint"].tolist()], int)
        lines = runs.starts[videos] + places
        least = max(_LEAST, _TELLING * scores.max(initial=0.0))
        kept = (scores >= least) & (videos >= 0) & (lines < runs.starts[videos + 1])
        kept &= np.isin(lines, scope.admitted(corpus, labels)(lines[kept]))
        starts, ends = (runs.columns[name] for name in ("start_ms", "end_ms"))
        return [
            SpeechHit(
                corpus.fingerprint(line), int(starts[line]), int(ends[line]), (), 0.0, line, score
            )
            for line, score in zip(lines[kept].tolist(), scores[kept].tolist(), strict=True)
        ]

    def _judged(self, snapshot: Snapshot) -> MeaningScale:
        return snapshot.once("meanings judged", partial(self._measured, snapshot))

    def _measured(self, snapshot: Snapshot) -> MeaningScale:
        reader = snapshot.meanings
        lines = reader.sample(_SAMPLE)[0] if reader else np.empty((0, 1), np.float32)
        if not len(lines):
            return MeaningScale(lines, 0.0, 1.0)
        cosines = lines @ self._model().everyday.T
        return MeaningScale(lines, float(np.median(cosines)), float(np.std(cosines)))

    def _model(self) -> SentenceModel:
        with self._lock:
            if self._encoder is None:
                self._encoder = self._load()
            return self._encoder

    def _encode(self, text: str) -> Vectors:
        return self._model().encode_query(text)


def with_meant(
    said: Sequence[SpeechHit], meant: Sequence[SpeechHit], scale: SpeechScale, window_ms: int
) -> list[SpeechHit]:
    """What was found by words, and what by meaning where no words say as much at most a window away.

    Where a line says most of the words, those that only mean them come after it.
    """
    if not meant:
        return list(said)
    near: dict[str, list[SpeechHit]] = {}
    for hit in said:
        near.setdefault(hit.fingerprint, []).append(hit)
    judged = {hit.line for hit in said if scale.coverage(hit.words) >= _SAID}
    telling = [scale.score([hit]) for hit in said if scale.coverage(hit.words) >= _MOSTLY_SAID]
    most = _BELOW * max(telling, default=1.0 / _BELOW)
    kept = []
    for hit in meant:
        meaning = min(hit.meaning, most)
        around = near.get(hit.fingerprint, ())
        said_near = (scale.score([one]) for one in around if _apart(hit, one) <= window_ms)
        if hit.line not in judged and max(said_near, default=0.0) < meaning:
            kept.append(replace(hit, meaning=meaning))
    return [*said, *kept]


def _apart(one: SpeechHit, other: SpeechHit) -> int:
    return max(one.start_ms - other.end_ms, other.start_ms - one.end_ms)
