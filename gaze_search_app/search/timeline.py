"""From what each part of a query found to ranked moments of the whole query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gaze_pipeline.settings import SearchSettings
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.chains import Event, in_order, together
from gaze_search_app.search.confidence import confidence
from gaze_search_app.search.evidence import with_labels
from gaze_search_app.search.finder import Found, Scores
from gaze_search_app.search.hits import FrameHit, Interval, SpeechHit, TextHit, value
from gaze_search_app.search.model import Confidence
from gaze_search_app.search.moments import Stretch


@value
class Piece:
    """Where one part of a query is met, and how well."""

    part: int
    stretch: Stretch
    scores: Scores


@value
class Ranked:
    """A moment with its scores and how sure it is; `parts` where a query has several of them."""

    stretch: Stretch
    scores: Scores
    confidence: Confidence
    parts: tuple[Piece, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What makes it up, which may be itself alone."""
        return self.parts or (Piece(0, self.stretch, self.scores),)

    @property
    def worth(self) -> tuple[bool, float]:
        """What is weak comes last."""
        return self.confidence is not Confidence.WEAK, self.scores.total


def rank(
    snapshot: Snapshot,
    steps: Sequence[Sequence[Found]],
    within_ms: Sequence[int],
    settings: SearchSettings,
) -> list[Ranked]:
    """The moments in which all steps are met, best first."""
    ((first, *others), *later) = steps
    if not others and not later:
        scores = first.scores(snapshot, first.stretches, settings)
        return _best_first(
            Ranked(stretch, found, confidence(found.surest))
            for stretch, found in zip(first.stretches, scores, strict=True)
        )
    events: list[list[Event[Piece]]] = []
    part = 0
    for step in steps:
        events.append(_occasions(snapshot, step, part, settings))
        part += len(step)
    chains = in_order(events, within_ms)
    whole = with_labels(snapshot, [_whole(chain) for chain in chains])
    return _best_first(_ranked(s, chain.evidence) for s, chain in zip(whole, chains, strict=True))


def _best_first(moments: Iterable[Ranked]) -> list[Ranked]:
    """Moments by their worth; of equals, which no page may repeat, those first that came first."""
    return sorted(moments, key=lambda moment: moment.worth, reverse=True)


def _occasions(
    snapshot: Snapshot, step: Sequence[Found], first_part: int, settings: SearchSettings
) -> list[Event[Piece]]:
    """When all parts of a step are met at the same time."""
    occasions: list[tuple[Stretch, ...]]
    if len(step) == 1:
        occasions = [(stretch,) for stretch in step[0].stretches]
    else:
        window_ms = min(settings.speech_window_ms, settings.visual_window_ms)
        hits: list[list[SpeechHit | FrameHit | TextHit]] = [
            [
                *(line for stretch in found.stretches for line in stretch.lines),
                *(frame for stretch in found.stretches for frame in stretch.frames),
                *(text for stretch in found.stretches for text in stretch.texts),
            ]
            for found in step
        ]
        met = [tuple(map(_stretch, occasion)) for occasion in together(hits, window_ms)]
        pieces = with_labels(snapshot, [stretch for occasion in met for stretch in occasion])
        occasions = [tuple(pieces[at : at + len(step)]) for at in range(0, len(pieces), len(step))]
    scored = [
        found.scores(snapshot, [occasion[number] for occasion in occasions], settings)
        for number, found in enumerate(step)
    ]
    return [
        _event(
            tuple(
                Piece(first_part + number, stretch, scored[number][at])
                for number, stretch in enumerate(occasion)
            )
        )
        for at, occasion in enumerate(occasions)
    ]


def _stretch(hits: Sequence[SpeechHit | FrameHit | TextHit]) -> Stretch:
    """The piece of a stretch that holds these hits."""
    return Stretch(
        hits[0].fingerprint,
        min(hit.start_ms for hit in hits),
        max(hit.end_ms for hit in hits),
        tuple(hit for hit in hits if isinstance(hit, SpeechHit)),
        tuple(hit for hit in hits if isinstance(hit, FrameHit)),
        texts=tuple(hit for hit in hits if isinstance(hit, TextHit)),
    )


def _event(pieces: tuple[Piece, ...]) -> Event[Piece]:
    stretches = [piece.stretch for piece in pieces]
    time = Interval(
        stretches[0].fingerprint,
        min(stretch.start_ms for stretch in stretches),
        max(stretch.end_ms for stretch in stretches),
    )
    return Event(time, sum(piece.scores.total for piece in pieces), pieces)


def _whole(chain: Event[Piece]) -> Stretch:
    stretches = [piece.stretch for piece in chain.evidence]
    return Stretch(
        chain.time.fingerprint,
        chain.time.start_ms,
        chain.time.end_ms,
        tuple(dict.fromkeys(line for stretch in stretches for line in stretch.lines)),
        tuple(dict.fromkeys(frame for stretch in stretches for frame in stretch.frames)),
        texts=tuple(dict.fromkeys(text for stretch in stretches for text in stretch.texts)),
    )


def _ranked(stretch: Stretch, pieces: tuple[Piece, ...]) -> Ranked:
    """A moment whose scores are the means of its pieces', and as sure as the least sure of them."""
    scores = Scores(
        _mean([piece.scores.speech for piece in pieces]),
        _mean([piece.scores.visual for piece in pieces]),
        _mean([piece.scores.text for piece in pieces]),
        round(sum(piece.scores.total for piece in pieces) / len(pieces), 6),
        min(piece.scores.surest for piece in pieces),
    )
    return Ranked(stretch, scores, confidence(scores.surest), pieces)


def _mean(scores: Sequence[float | None]) -> float | None:
    given = [score for score in scores if score is not None]
    return sum(given) / len(given) if given else None
