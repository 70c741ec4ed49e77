"""The moments of one part of a query."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from gaze_pipeline.channels import SWITCHED_OFF, Channel
from gaze_pipeline.errors import GazeError
from gaze_pipeline.settings import SearchSettings
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search import moments, spoken, transcript, visual, written
from gaze_search_app.search.evidence import with_labels
from gaze_search_app.search.example import Example, one_a_shot, steered
from gaze_search_app.search.fusion import Floats, boost, combine
from gaze_search_app.search.hits import FrameHit, Interval, SpeechHit, value
from gaze_search_app.search.labels import only_label
from gaze_search_app.search.meaning import Meaning, with_meant
from gaze_search_app.search.model import POSSIBLE
from gaze_search_app.search.moments import Stretch
from gaze_search_app.search.plan import Ask
from gaze_search_app.search.scope import Scope
from gaze_search_app.search.transcript import SpeechScale
from gaze_search_app.search.vision import Vision

CONVINCING = 0.25
"""Where a frame is not the only evidence, one below this is none, so that it drags no other down."""

NO_TEXT = SpeechScale(())

_CHANNELS = ThreadPoolExecutor(4, "channels")


@value
class Scores:
    """How well a stretch answers by each channel, and in all; each 0..1, None without evidence.

    `surest` is that of the surest channel, or of all together.
    """

    speech: float | None
    visual: float | None
    text: float | None
    total: float
    surest: float


@dataclass(frozen=True)
class Found:
    """What one part of a query found; `blind` is the error code that says why no frames were sought.

    `literal` is the one that says why lines were sought by their words alone. `heard`, `seen` and `read` tell
    whether anything was found by speech, pictures and text on screen.
    """

    ask: Ask
    stretches: tuple[Stretch, ...]
    scale: SpeechScale
    heard: bool
    seen: bool
    blind: str | None = None
    literal: str | None = None
    written: SpeechScale = NO_TEXT
    read: bool = False

    def scores(
        self, snapshot: Snapshot, stretches: Sequence[Stretch], chosen: SearchSettings
    ) -> list[Scores]:
        """The scores of some of the stretches, or of pieces of them."""
        speech = [self.scale.score(s.lines) if s.lines else None for s in stretches]
        seen = [max([f.score for f in s.frames]) if s.frames else None for s in stretches]
        text = [self.written.score(s.texts) if s.texts else None for s in stretches]
        videos = [stretch.fingerprint for stretch in stretches]
        known = [np.array(scores, float) for scores in (speech, seen, text)]  # NaN for None
        found = (self.heard, self.seen, self.read)
        without = (snapshot.unheard, snapshot.unseen, snapshot.unread)
        votes = map(partial(_votes, videos), known, found, without)
        weights = (chosen.speech_weight, 1 - chosen.speech_weight, chosen.text_weight)
        totals = combine(list(zip(weights, votes, strict=True)), self._boosts(stretches, chosen))
        surest = np.fmax.reduce([totals, *known])
        columns = (speech, seen, text, totals.tolist(), surest.tolist())
        return [Scores(*row) for row in zip(*columns, strict=True)]

    def _boosts(self, stretches: Sequence[Stretch], chosen: SearchSettings) -> Floats:
        """What the labels add that the words name."""
        if not (named := self.ask.named):
            return np.zeros(len(stretches))
        counts = [len(named.intersection(s.labels)) for s in stretches]
        each, most = chosen.label_boost, chosen.label_boost_max
        return np.array([boost(count, each, most) for count in counts])


def _votes(videos: Sequence[str], scores: Floats, found: bool, without: frozenset[str]) -> Floats:
    """The votes of a channel, NaN in videos that it could not search, or where it `found` nothing at all."""
    if not found:
        return scores
    votes = np.nan_to_num(scores, nan=0.0)
    if without:
        votes[[video in without for video in videos]] = np.nan
    return votes


@dataclass(frozen=True)
class Heard:
    """The lines that answer a part and their stretches, and the moments at which it is written.

    `scale` and `written` are their scales; `literal` as `Found` has it.
    """

    lines: list[SpeechHit]
    stretches: list[Stretch]
    scale: SpeechScale
    literal: str | None
    screens: list[Stretch]
    written: SpeechScale


@dataclass(frozen=True)
class Finder:
    """Finds what parts of a query ask, in one snapshot and scope.

    `example` is what it is to look like, or the error code that says why that cannot be sought; `channels`
    are those that are not switched off.
    """

    snapshot: Snapshot
    vision: Vision
    settings: SearchSettings
    scope: Scope
    example: Example | str | None = None
    meaning: Meaning | None = None
    channels: frozenset[Channel] = frozenset(Channel)

    def find(self, ask: Ask, chained: bool = False) -> Found:
        """The stretches that answer a part; `chained` if it is one of several parts."""
        shown = frozenset[str]().union(*ask.labels)
        understanding = _CHANNELS.submit(self._understand, ask, shown)
        hearing = _CHANNELS.submit(self._hear, ask, shown, understanding)  # after what it waits for
        frames, blind = self._look(ask, shown)  # takes longest
        heard = hearing.result()
        least = CONVINCING if ask.hears or chained or heard.screens else 0.0
        telling, seen_window_ms = visual.telling(frames, least), self.settings.visual_window_ms
        if walls := self._forbidden(ask, [*heard.lines, *frames]):
            window_ms = self.settings.speech_window_ms
            stretches = moments.join_around(
                heard.lines, frames, window_ms, seen_window_ms, walls, telling
            )
        else:
            stretches = moments.meet(heard.stretches, frames, seen_window_ms, telling)
        if ask.pictured:
            stretches = one_a_shot(stretches)
        if heard.screens:
            forbidden = self._forbidden(ask, heard.screens)
            stretches = written.attached(stretches, written.outside(heard.screens, forbidden))
        if ask.labels or ask.named:  # else nothing depends on them
            stretches = with_labels(self.snapshot, stretches)
        labelled = (
            stretch
            for stretch in stretches
            if all(not group.isdisjoint(stretch.labels) for group in ask.labels)
        )
        return Found(
            ask=ask,
            stretches=tuple(labelled),
            scale=heard.scale,
            heard=any(line.words or line.meaning >= POSSIBLE for line in heard.lines),
            seen=any(stretch.frames for stretch in stretches),
            blind=blind,
            literal=heard.literal,
            written=heard.written,
            read=any(heard.written.score(screen.texts) >= POSSIBLE for screen in heard.screens),
        )

    def _hear(
        self,
        ask: Ask,
        shown: frozenset[str],
        understanding: Future[tuple[list[SpeechHit], str | None]],
    ) -> Heard:
        """The lines that are said or meant, and the moments at which they are written."""
        heeded = ask.sounds if Channel.SPEECH in self.channels else ()
        window_ms = self.settings.speech_window_ms
        lines, scale = transcript.search(self.snapshot.spoken, heeded, self.scope, shown, window_ms)
        screens, written_scale = self._read(ask, shown)
        meant, literal = understanding.result()
        lines = with_meant(lines, meant, scale, window_ms)
        stretches = moments.spoken(lines, window_ms)
        return Heard(lines, stretches, scale, literal, screens, written_scale)

    def _read(self, ask: Ask, shown: frozenset[str]) -> tuple[list[Stretch], SpeechScale]:
        """When what is asked is written on the screen; an example must be seen, too."""
        wanted = ask.writings if Channel.TEXT in self.channels and not ask.pictured else ()
        if not wanted or not self.snapshot.info.texts:
            return [], NO_TEXT
        return written.search(self.snapshot, wanted, self.scope, shown)

    def _understand(self, ask: Ask, shown: frozenset[str]) -> tuple[list[SpeechHit], str | None]:
        """The lines that mean what is asked, or why none could be sought."""
        if not ask.means or self.meaning is None:
            return [], None
        if self.snapshot.info.meaning_table is None:
            return [], self.snapshot.literalness
        try:
            return self.meaning.lines(ask.means, self.snapshot, self.scope, shown), None
        except GazeError as error:
            return [], error.code.name

    def _look(self, ask: Ask, shown: frozenset[str]) -> tuple[list[FrameHit], str | None]:
        """The frames that look like what is asked, or why none could be sought."""
        if not ask.pictured and not ask.looks:
            only_labels = ask.labels and not (ask.hears or ask.reads)
            within = self.scope.fingerprints
            return visual.labelled(
                self.snapshot, ask.labels[0], within
            ) if only_labels else [], None
        if Channel.PICTURES not in self.channels:
            return [], SWITCHED_OFF
        if ask.pictured:
            if isinstance(self.example, Example):
                return self._pictured(ask, shown, self.example)
            return [], self.example
        try:
            if self.snapshot.info.vector_table is None:
                return [], self.snapshot.blindness
            within = self.scope.fingerprints
            alike = [self._like(text, shown, within) for text in ask.looks]
            frames = visual.best_of([*alike, *map(self._detected, ask.looks)])
            unwanted = visual.best_of([self._like(text, shown, within) for text in ask.unseen])
        except GazeError as error:
            return [], error.code.name
        return visual.without(frames, unwanted), None

    def _pictured(
        self, ask: Ask, shown: frozenset[str], example: Example
    ) -> tuple[list[FrameHit], str | None]:
        """The frames that look like the example and, the more the better, as described."""
        try:
            frames = example.frames(self.snapshot, self.scope.fingerprints, shown)
            if not ask.looks and not ask.unseen:
                return frames, None
            frames = [hit for hit in frames if hit.score >= CONVINCING]
            videos = sorted({hit.fingerprint for hit in frames})
            if ask.looks:
                described = [self._like(text, shown, videos) for text in ask.looks]
                found = visual.best_of([*described, *map(self._detected, ask.looks)])
                frames = steered(frames, found)
            unwanted = visual.best_of([self._like(text, shown, videos) for text in ask.unseen])
        except GazeError as error:
            return [], error.code.name
        return visual.without(frames, unwanted), None

    def _like(
        self, text: str, shown: frozenset[str], within: Sequence[str] | None
    ) -> list[FrameHit]:
        vector = self.vision.vector(text, self.snapshot)
        background = self.vision.background(self.snapshot)
        return visual.search(self.snapshot, vector, background, within, shown)

    def _detected(self, text: str) -> list[FrameHit]:
        """Where the detector saw just what a text names: it knows few things, but those well."""
        label = only_label(text, self.snapshot.labels)
        if label is None or Channel.LABELS not in self.channels:
            return []
        return visual.labelled(self.snapshot, [label], self.scope.fingerprints, visual.MOST)

    def _forbidden(self, ask: Ask, hits: Sequence[Interval]) -> list[Interval]:
        """When, in the videos of the hits, something is said, seen or written that must not be."""
        if not (ask.unheard or ask.unwritten or ask.unlabelled):
            return []
        videos = sorted({hit.fingerprint for hit in hits})
        window_ms = self.settings.speech_window_ms
        corpus = self.snapshot.spoken
        times: list[Interval] = []
        if ask.unheard and Channel.SPEECH in self.channels:
            times += spoken.times(corpus, ask.unheard, videos, window_ms)
        if ask.unwritten and Channel.TEXT in self.channels:
            corpus, window_ms = self.snapshot.written, written.WINDOW_MS
            times += spoken.times(corpus, ask.unwritten, videos, window_ms)
        if ask.unlabelled:
            times += visual.label_times(self.snapshot, ask.unlabelled, videos)
        return times
