"""The search engine: a request in, a page of moments and what it covers out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from gaze_pipeline.errors import GazeError
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.snapshot_reader import Snapshot, SnapshotPool
from gaze_pipeline.workspace import Workspace
from gaze_search_app.search import transcript, visual
from gaze_search_app.search.evidence import Frame, frames_at, places, with_labels
from gaze_search_app.search.fusion import Weights, combine
from gaze_search_app.search.hits import FrameHit, SpeechHit
from gaze_search_app.search.model import Coverage, Mode, Moment, SearchRequest, SearchResponse
from gaze_search_app.search.moments import Stretch, join
from gaze_search_app.search.query import Query, named_labels, parse
from gaze_search_app.search.scope import coverage, scope
from gaze_search_app.search.snippet import best_line, marks
from gaze_search_app.search.vision import TextEncoder, Vision

CONVINCING = 0.2
"""In mode "both" a frame below this is no evidence, so that it drags no spoken match down."""


@dataclass(frozen=True)
class _Ranked:
    """A stretch with the score of each channel, and of both together."""

    stretch: Stretch
    speech: float | None
    visual: float | None
    score: float

    @property
    def rank(self) -> tuple[float, str, int]:
        """A total order: no two moments of an answer share it, so that pages never overlap."""
        return -self.score, self.stretch.fingerprint, self.stretch.start_ms


class Engine:
    """Answers requests from the newest published snapshot; threads may share it.

    `load` gives the text side of the image model; by default the one that the settings name.
    """

    def __init__(self, settings: Settings, load: Callable[[], TextEncoder] | None = None) -> None:
        self.settings = settings
        self.snapshots = SnapshotPool(settings.paths)
        workspace = Workspace(settings)
        self._vision = Vision(load or (lambda: workspace.models.clip()))

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer a request.

        A channel that cannot be searched says why in the coverage. Raises
        GazeError(QUERY_EMPTY | INDEX_MISSING | INDEX_CORRUPT).
        """
        started = time.perf_counter()
        snapshot = self.snapshots.latest()
        query = parse(request.query, snapshot.languages)
        within = scope(snapshot, request)
        hears, sees = request.mode is not Mode.VISUAL, request.mode is not Mode.TRANSCRIPT

        scale = transcript.SpeechScale(())
        lines, frames, blind = list[SpeechHit](), list[FrameHit](), None
        if hears:
            lines, scale = transcript.search(snapshot, query, within, request.labels)
        if sees:
            frames, blind = self._look(snapshot, request, within)

        chosen = self.settings.search
        stretches = join(lines, frames, chosen.speech_window_ms, chosen.visual_window_ms)
        shown = [
            stretch
            for stretch in with_labels(snapshot, stretches)
            if set(request.labels) <= set(stretch.labels)
        ]
        ranked = self._rank(snapshot, query, shown, scale, bool(lines), bool(frames))
        page = ranked[request.offset : request.offset + request.limit]
        return SearchResponse(
            moments=_moments(snapshot, scale.telling(query.words) if hears else [], page),
            total=len(ranked),
            coverage=Coverage(
                snapshot=snapshot.info.number,
                transcript=coverage(snapshot, "transcript", within, hears),
                visual=coverage(snapshot, "visual", within, sees, blind),
            ),
            took_ms=round(1000 * (time.perf_counter() - started), 1),
        )

    def _look(
        self, snapshot: Snapshot, request: SearchRequest, within: list[str] | None
    ) -> tuple[list[FrameHit], str | None]:
        """The frames that look like the query, or the error code that says why none could be sought."""
        try:
            if snapshot.info.vector_table is None:
                return [], snapshot.blindness
            vector = self._vision.vector(request.query, snapshot)
            background = self._vision.background(snapshot)
            hits = visual.search(snapshot, vector, background, within, request.labels)
        except GazeError as error:
            return [], error.code.name
        least = CONVINCING if request.mode is Mode.BOTH else 0.0
        return visual.telling(hits, least), None

    def _rank(
        self,
        snapshot: Snapshot,
        query: Query,
        stretches: list[Stretch],
        scale: transcript.SpeechScale,
        any_heard: bool,
        any_seen: bool,
    ) -> list[_Ranked]:
        chosen = self.settings.search
        weights = Weights(chosen.speech_weight, chosen.label_boost, chosen.label_boost_max)
        named = named_labels(query.text, snapshot.labels)
        ranked = []
        for stretch in stretches:
            speech = scale.score(stretch.lines) if stretch.lines else None
            seen = max((frame.score for frame in stretch.frames), default=None)
            score = combine(
                speech,
                seen,
                weights,
                heard=any_heard and stretch.fingerprint not in snapshot.unheard,
                seen=any_seen and stretch.fingerprint not in snapshot.unseen,
                labels=len(named & set(stretch.labels)),
            )
            ranked.append(_Ranked(stretch, speech, seen, score))
        return sorted(ranked, key=lambda moment: moment.rank)


def _shown(snapshot: Snapshot, page: list[_Ranked]) -> list[tuple[SpeechHit | None, Frame | None]]:
    """The line and the frame that stand for each moment: the best frame, else the one on screen."""
    lines = [best_line(ranked.stretch.lines) for ranked in page]
    starts = [
        line.start_ms if line else r.stretch.start_ms for line, r in zip(lines, page, strict=True)
    ]
    on_screen = frames_at(
        snapshot,
        [(r.stretch.fingerprint, start) for r, start in zip(page, starts, strict=True)],
    )
    frames = []
    for ranked, other in zip(page, on_screen, strict=True):
        best = max(ranked.stretch.frames, key=lambda f: (f.score, -f.start_ms), default=None)
        frames.append(Frame(best.frame_index, best.start_ms) if best else other)
    return list(zip(lines, frames, strict=True))


def _moments(snapshot: Snapshot, words: list[frozenset[str]], page: list[_Ranked]) -> list[Moment]:
    files = places(snapshot, sorted({ranked.stretch.fingerprint for ranked in page}))
    moments = []
    for ranked, (line, frame) in zip(page, _shown(snapshot, page), strict=True):
        stretch = ranked.stretch
        place = files[stretch.fingerprint]
        moments.append(
            Moment(
                fingerprint=stretch.fingerprint,
                path=place.paths[0],
                paths=place.paths,
                libraries=place.libraries,
                start_ms=stretch.start_ms,
                end_ms=stretch.end_ms,
                score=ranked.score,
                speech_score=ranked.speech,
                visual_score=ranked.visual,
                snippet=line.text if line else None,
                marks=marks(line.text, line.language, words) if line else [],
                snippet_start_ms=line.start_ms if line else None,
                frame_index=frame.index if frame else None,
                frame_ms=frame.timestamp_ms if frame else None,
                labels=list(stretch.labels),
            )
        )
    return moments
