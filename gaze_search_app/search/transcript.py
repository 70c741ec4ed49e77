"""The speech channel: lines ranked by BM25, scored by how much of the query they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import compress
from math import log

import numpy as np

from gaze_pipeline.store.postings import Flags, Lines, places
from gaze_pipeline.store.snapshot_corpus import Corpus
from gaze_pipeline.store.snapshot_words import Word
from gaze_search_app.search.hits import LineHit, SpeechHit
from gaze_search_app.search.moments import groups
from gaze_search_app.search.ranking import Contest, Floats, Ranked
from gaze_search_app.search.scope import Scope
from gaze_search_app.search.sounds import Sound
from gaze_search_app.search.spoken import lines_with

MOST = 400
"""The best lines of an answer that become moments."""
_KEPT = 0.3
_TEXTURE = 0.2
_LENIENCE = 0.75
"""People recall the words they search for loosely: two fifths of them said is as likely right as wrong."""
_TELLING = 0.25
_EDGE = 0.5


@dataclass(frozen=True)
class SpeechScale:
    """How telling each sound of a query is in this library: its inverse document frequency."""

    weights: tuple[float, ...]
    _known: dict[tuple[int, ...], float] = field(default_factory=dict, compare=False, repr=False)

    def coverage(self, sounds: Iterable[int]) -> float:
        """The share of the query's meaning that these sounds carry (0..1)."""
        held = tuple(sounds)
        # A query has few sounds, its answer many lines.
        if (known := self._known.get(held)) is None:
            total = sum(self.weights)
            carried = sum(self.weights[one] for one in sorted(set(held)))
            known = self._known[held] = min(1.0, carried / total) if total else 0.0
        return known

    def telling(self, sounds: Sequence[Sound], held: Collection[int]) -> list[Sound]:
        """The sounds that a line holds, without those that are everywhere if it holds others."""
        least = _TELLING * max((self.weights[number] for number in held), default=0.0)
        return [sounds[number] for number in sorted(held) if self.weights[number] >= least]

    def score(self, hits: Sequence[LineHit]) -> float:
        """How well the lines of one moment, taken together, answer the query (0..1).

        Mostly how much of the query was said, whatever the best line of the library reaches, so
        that a poor best stays poor; BM25 orders lines that say equally much. What a line means counts
        where it is more.
        """
        if len(hits) == 1:  # as in most moments
            (hit,) = hits
            words, best, meaning = hit.words, hit.bm25, hit.meaning
        else:
            words = tuple({number for hit in hits for number in hit.words})
            best = max((hit.bm25 for hit in hits), default=0.0)
            meaning = max((hit.meaning for hit in hits), default=0.0)
        share: float = self.coverage(words) ** _LENIENCE
        return max(share * (1 - _TEXTURE + _TEXTURE * best), meaning)


def search(
    corpus: Corpus,
    sounds: Sequence[Sound],
    scope: Scope,
    labels: Collection[str],
    window_ms: int,
) -> tuple[list[SpeechHit], SpeechScale]:
    """The lines that hold enough of the sounds, in videos where any of these labels is seen.

    Lines at most a window apart that lack a required sound between them are left out.
    """
    known = corpus.words.known(frozenset[str]().union(*(sound.tokens for sound in sounds)))
    scale = SpeechScale(_weights(corpus, sounds, known))
    if not sounds:
        return [], scale
    held = {
        number: lines_with(corpus, sound, scope.fingerprints, window_ms)
        for number, sound in enumerate(sounds)
        if sound.ordered
    }
    terms, heard = list(known.values()), _heard(sounds, list(known))
    alone = np.array(
        [weight * (not s.ordered) for weight, s in zip(scale.weights, sounds, strict=True)]
    )
    required = _numbers(sounds)
    contest = Contest(
        words=corpus.words,
        terms=terms,
        admitted=scope.admitted(corpus, labels),
        useless=partial(_useless, np.array(scale.weights), alone, heard),
        first=[
            held[number] if number in held else corpus.words.lines(_those(terms, heard[number]))
            for number in sorted(required)
        ],
        needed=frozenset(
            number for number in range(len(terms)) if heard[list(required), number].any()
        ),
    )
    ranked = contest.best(MOST)
    hits = telling(_hits(corpus, ranked, heard, held), scale, sounds)
    return _complete(hits, scale, sounds, window_ms), scale


def telling(
    hits: Sequence[SpeechHit], scale: SpeechScale, sounds: Sequence[Sound] = ()
) -> list[SpeechHit]:
    """The hits that hold a required sound, or a fair share of what the best one holds.

    Without this, a query's commonest word would join whole videos into one moment.
    """
    required = _numbers(sounds)
    shares = {words: scale.coverage(words) for words in {hit.words for hit in hits}}
    least = _KEPT * max(shares.values(), default=0.0)
    kept = {words for words in shares if shares[words] >= least or not required.isdisjoint(words)}
    return [hit for hit in hits if hit.words in kept]


def _numbers(sounds: Sequence[Sound]) -> frozenset[int]:
    """Which of the sounds are required."""
    return frozenset(number for number, sound in enumerate(sounds) if sound.required)


def _complete(
    hits: list[SpeechHit], scale: SpeechScale, sounds: Sequence[Sound], window_ms: int
) -> list[SpeechHit]:
    """The hits whose neighbourhood holds every required sound, without the idle ones at its edges."""
    required = _numbers(sounds)
    return [
        hit
        for group in groups(hits, lambda line: line.end_ms, window_ms)
        if required <= {number for hit in group for number in hit.words}
        for hit in trimmed(group, scale)
    ]


def trimmed(group: Sequence[SpeechHit], scale: SpeechScale) -> Sequence[SpeechHit]:
    """Neighbouring lines without those at the edges that say much less than the best, and nothing new.

    So a moment starts where what was asked for is said, not where one of its words happens to fall before.
    """
    if len(group) == 1:  # as most are
        return group
    least = _EDGE * max(scale.coverage(hit.words) for hit in group)
    while len(group) > 1:
        edge = next((at for at in (0, -1) if _idle(group, at, scale, least)), None)
        if edge is None:
            break
        group = group[1:] if edge == 0 else group[:-1]
    return group


def _idle(group: Sequence[SpeechHit], at: int, scale: SpeechScale, least: float) -> bool:
    words = set(group[at].words)
    others = group[1:] if at == 0 else group[:-1]
    said = {number for hit in others for number in hit.words}
    return words <= said and scale.coverage(words) < least


def _heard(sounds: Sequence[Sound], tokens: Sequence[str]) -> Flags:
    """Which tokens tell of which sound, [sounds, tokens]."""
    telling = [
        s.tokens if s.ordered else {t for p in s.phrases for t in p.words[0]} for s in sounds
    ]
    rows = [[token in own for token in tokens] for own in telling]
    return np.array(rows, bool).reshape(len(sounds), len(tokens))


def _those(terms: Sequence[Word], chosen: Flags) -> list[Word]:
    return [term for term, wanted in zip(terms, chosen, strict=True) if wanted]


def _useless(
    weights: Floats, alone: Floats, heard: Flags, numbers: Sequence[int], held: Flags
) -> bool:
    """Whether `telling` drops lines that hold none but these tokens, beside lines that hold others.

    `weights` are those of the sounds, `alone` 0 where a token by itself does not make the sound.
    """
    common = float(weights @ heard[:, list(numbers)].any(axis=1))
    best = float((alone @ (heard.astype(int) @ held.astype(int) > 0)).max())
    return common < _KEPT * best


def _weights(
    corpus: Corpus, sounds: Sequence[Sound], known: Mapping[str, Word]
) -> tuple[float, ...]:
    lines = len(corpus)

    def weight(word: frozenset[str]) -> float:
        count = max((known[term].count for term in word if term in known), default=0)
        return log((lines - count + 0.5) / (count + 0.5) + 1)

    return tuple(min(sum(map(weight, phrase.words)) for phrase in s.phrases) for s in sounds)


def _hits(
    corpus: Corpus,
    ranked: Ranked,
    heard: Flags,
    held: Mapping[int, Lines],
) -> list[SpeechHit]:
    """The ranked lines, without their texts."""
    holds = heard.astype(int) @ ranked.held.astype(int) > 0
    for number, lines in held.items():
        holds[number] = places(lines, ranked.lines)[1]
    numbers = range(len(heard))
    best = max(ranked.bm25, default=1.0)
    rows = zip(
        [corpus.fingerprint(line) for line in ranked.lines.tolist()],
        corpus.runs.columns["start_ms"][ranked.lines].tolist(),
        corpus.runs.columns["end_ms"][ranked.lines].tolist(),
        [tuple(compress(numbers, held)) for held in holds.T.tolist()],
        (ranked.bm25 / best).tolist(),
        ranked.lines.tolist(),
        strict=True,
    )
    return [SpeechHit(*row) for row in rows]
