"""The search engine: a request in, a page of moments and what it covers out."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from threadpoolctl import threadpool_limits

from gaze_pipeline.channels import SWITCHED_OFF, Channel
from gaze_pipeline.errors import GazeError
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.snapshot_pool import SnapshotPool
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace
from gaze_search_app.search.answer import moments
from gaze_search_app.search.copies import collapsed
from gaze_search_app.search.exemplars import Exemplars, ImageEncoder
from gaze_search_app.search.finder import Finder, Found
from gaze_search_app.search.labels import known_labels
from gaze_search_app.search.meaning import Meaning, SentenceModel
from gaze_search_app.search.model import (
    Confidence,
    Coverage,
    Reading,
    SearchRequest,
    SearchResponse,
)
from gaze_search_app.search.parser import parse
from gaze_search_app.search.plan import Plan, plan
from gaze_search_app.search.scope import Scope, coverage, scope
from gaze_search_app.search.timeline import rank
from gaze_search_app.search.vision import TextEncoder, Vision

_SWITCH_S = 0.0005
_GARBAGE = 20_000
"""The objects that are made before those no longer needed are looked for: an answer makes some thousands."""


class Engine:
    """Answers requests from the newest published snapshot; threads may share it.

    `load` and `load_images` give the sides of the image model, `load_sentences` the sentence model; by
    default those that the settings name. NumPy's products run on one thread in this process from then on:
    where indexing has all cores busy, waiting for a second one takes longer than it saves. Threads hand
    Python over sooner: a query waits for it a dozen times. And garbage is looked for less often: that took a
    tenth of the time, and of one query in seventy more than all else.
    """

    def __init__(
        self,
        settings: Settings,
        load: Callable[[], TextEncoder] | None = None,
        load_images: Callable[[], ImageEncoder] | None = None,
        load_sentences: Callable[[], SentenceModel] | None = None,
    ) -> None:
        self.settings = settings
        self.snapshots = SnapshotPool(settings.paths, self._make_ready)
        workspace = Workspace(settings)
        threadpool_limits(1, user_api="blas")
        sys.setswitchinterval(_SWITCH_S)
        gc.set_threshold(_GARBAGE)
        self._vision = Vision(load or (lambda: workspace.models.clip_text()))
        self._exemplars = Exemplars(load_images or (lambda: workspace.models.clip()))
        self._meaning = (
            Meaning(load_sentences or workspace.models.sentence_encoder)
            if Channel.MEANING in settings.channels.on
            else None
        )

    def named(self, request: SearchRequest) -> SearchRequest:
        """A request as a program makes it, its labels as the library spells them.

        Raises GazeError(LIBRARY_UNKNOWN | LABEL_UNKNOWN | INDEX_MISSING | INDEX_CORRUPT).
        """
        for name in request.libraries:
            self.settings.library(name)
        if not request.labels:
            return request
        labels = known_labels(self.snapshots.latest(), request.labels)
        return request.model_copy(update={"labels": labels})

    def search(self, request: SearchRequest) -> SearchResponse:
        """Answer a request.

        A channel that cannot be searched says why in the coverage; what a query names that the library
        does not know is told in the reading. Raises GazeError(QUERY_EMPTY | INDEX_MISSING | INDEX_CORRUPT),
        and for an example (PICTURE_UNREADABLE | PICTURE_TOO_LARGE | VIDEO_UNKNOWN).
        """
        return self._answer(request, self.snapshots.latest())

    def _make_ready(self, snapshot: Snapshot) -> None:
        """Bring into memory what the first answers from a snapshot need."""
        with suppress(GazeError):
            self._answer(SearchRequest(query="ready"), snapshot)

    def _answer(self, request: SearchRequest, snapshot: Snapshot) -> SearchResponse:
        started = time.perf_counter()
        read = parse(request.query)
        channels = self.settings.channels.on
        labelled = Channel.LABELS in channels
        if not labelled:
            request = request.model_copy(update={"labels": []})
        asked = plan(read.query, request, snapshot, labelled=labelled)
        notes = [*read.notes, *asked.notes] if request.query.strip() else []
        within = scope(snapshot, asked.bounds)
        example = self._exemplars.example(request, snapshot)
        finder = Finder(
            snapshot,
            self._vision,
            self.settings.search,
            within,
            example,
            meaning=self._meaning,
            channels=channels,
        )
        chained = len(asked.asks) > 1
        steps = [[finder.find(ask, chained) for ask in step] for step in asked.steps]
        wanted = set(request.labels)
        every = [
            moment
            for moment in rank(snapshot, steps, asked.within_ms, self.settings.search)
            if wanted.issubset(moment.stretch.labels)
        ]
        ranked = collapsed(snapshot, every)
        found = [part for step in steps for part in step]
        weak = sum(moment.confidence is Confidence.WEAK for moment in ranked)
        if not request.weak:
            ranked = ranked[: len(ranked) - weak]
        page = ranked[request.offset : request.offset + request.limit]
        return SearchResponse(
            reading=Reading(text=str(read.query), notes=notes),
            moments=moments(snapshot, found, page, labelled),
            total=len(ranked),
            weak=weak,
            coverage=_coverage(snapshot, asked, within, found, channels),
            took_ms=round(1000 * (time.perf_counter() - started), 1),
        )


def _coverage(
    snapshot: Snapshot,
    asked: Plan,
    within: Scope,
    found: Sequence[Found],
    channels: frozenset[Channel],
) -> Coverage:
    """What was searched, and what could not be for want of speech, pictures, labels or a language."""
    known = ["transcript"] if within.languages else []
    labels = ["labels"] if any(ask.labels or ask.unlabelled for ask in asked.asks) else []
    looks = any(ask.looks or ask.pictured for ask in asked.asks)
    hears = any(ask.hears for ask in asked.asks)
    blind = next((part.blind for part in found if part.blind), None)
    literal = next((part.literal for part in found if part.literal), None)
    return Coverage(
        snapshot=snapshot.info.number,
        meaning=coverage(
            snapshot,
            ["transcript", "meaning", *labels],
            within.covered,
            Channel.MEANING in channels and any(ask.means for ask in asked.asks),
            literal if Channel.MEANING in channels else SWITCHED_OFF,
        ),
        transcript=coverage(
            snapshot,
            ["transcript", *labels],
            within.covered,
            hears,
            None if Channel.SPEECH in channels else SWITCHED_OFF,
        ),
        text=coverage(
            snapshot,
            [*known, "text", *labels],
            within.covered,
            any(ask.reads and (Channel.TEXT in channels or not ask.looks) for ask in asked.asks),
            None if Channel.TEXT in channels else SWITCHED_OFF,
        ),
        visual=coverage(
            snapshot,
            [*known, *(["visual"] if looks or not labels else []), *labels],
            within.covered,
            looks or (bool(labels) and not hears),
            blind,
        ),
    )
