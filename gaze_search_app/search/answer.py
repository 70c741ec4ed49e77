"""Ranked moments as an answer carries them: the line, the picture and the files of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.copies import copies_of
from gaze_search_app.search.evidence import Frame, frames_at, places, with_labels
from gaze_search_app.search.finder import Found
from gaze_search_app.search.hits import SpeechHit
from gaze_search_app.search.model import Evidence, LineFoundBy, Moment
from gaze_search_app.search.shown_text import written_on
from gaze_search_app.search.snippet import best_line, marks, merged
from gaze_search_app.search.spoken import texts
from gaze_search_app.search.timeline import Piece, Ranked


def moments(
    snapshot: Snapshot, found: Sequence[Found], page: Sequence[Ranked], labelled: bool = True
) -> list[Moment]:
    """The moments of one page, `labelled` with what is seen; `found` is what each part of the query found."""
    files = places(snapshot, {ranked.stretch.fingerprint for ranked in page})
    stretches = [ranked.stretch for ranked in page]
    if labelled:
        stretches = with_labels(snapshot, stretches)
    evidences = _evidence(snapshot, found, page)
    elsewhere = copies_of(snapshot, stretches)
    made = []
    for ranked, stretch, evidence, copies in zip(
        page, stretches, evidences, elsewhere, strict=True
    ):
        place = files[stretch.fingerprint]
        line = next((shown for shown in evidence if shown.snippet), None)
        text = max(evidence, key=lambda shown: shown.text_score or 0.0)
        pictures = [shown for shown in evidence if _looks(shown)] or evidence
        picture = max(pictures, key=_looks)
        made.append(
            Moment(
                fingerprint=stretch.fingerprint,
                path=place.paths[0],
                paths=place.paths,
                libraries=place.libraries,
                start_ms=stretch.start_ms,
                end_ms=stretch.end_ms,
                score=ranked.scores.total,
                confidence=ranked.confidence,
                speech_score=ranked.scores.speech,
                visual_score=ranked.scores.visual,
                text_score=ranked.scores.text,
                text=text.text,
                text_marks=text.text_marks,
                boxes=picture.boxes,
                snippet=line.snippet if line else None,
                marks=_all_marks(evidence, line),
                snippet_start_ms=line.snippet_start_ms if line else None,
                by=line.by if line else None,
                frame_index=picture.frame_index,
                frame_ms=picture.frame_ms,
                labels=list(stretch.labels),
                evidence=evidence if len(evidence) > 1 else [],
                copies=copies,
            )
        )
    return made


def _looks(shown: Evidence) -> float:
    """How much a part has to show."""
    return max(shown.visual_score or 0.0, shown.text_score or 0.0)


def _all_marks(evidence: Sequence[Evidence], line: Evidence | None) -> list[tuple[int, int]]:
    """What any part marks in the line that stands for the moment."""
    if line is None:
        return []
    same = (piece for piece in evidence if piece.snippet_start_ms == line.snippet_start_ms)
    return merged(mark for piece in same for mark in piece.marks)


def _evidence(
    snapshot: Snapshot, found: Sequence[Found], page: Sequence[Ranked]
) -> list[list[Evidence]]:
    """What each piece of each moment shows."""
    pieces = [piece for ranked in page for piece in ranked.pieces]
    shown = _shown(snapshot, found, pieces)
    said = texts(snapshot.spoken, {line.line for line, _ in shown if line})
    screens = written_on(snapshot, found, pieces)
    told = iter(
        _told(found[piece.part], piece, said, line, frame, screens.get(piece, {}))
        for piece, (line, frame) in zip(pieces, shown, strict=True)
    )
    return [[next(told) for _ in ranked.pieces] for ranked in page]


def _told(
    found: Found,
    piece: Piece,
    said: Mapping[int, tuple[str, str]],
    line: SpeechHit | None,
    frame: Frame | None,
    screen: Mapping[str, Any],
) -> Evidence:
    sounds = found.scale.telling(found.ask.sounds, line.words) if line else []
    text, language = said[line.line] if line else ("", "")
    shown = Evidence(
        part=found.ask.text,
        start_ms=piece.stretch.start_ms,
        end_ms=piece.stretch.end_ms,
        score=piece.scores.total,
        speech_score=piece.scores.speech,
        visual_score=piece.scores.visual,
        snippet=text if line else None,
        marks=marks(text, language, sounds) if line else [],
        snippet_start_ms=line.start_ms if line else None,
        by=LineFoundBy.MEANING if line and line.meaning else LineFoundBy.WORDS if line else None,
        frame_index=frame.index if frame else None,
        frame_ms=frame.timestamp_ms if frame else None,
    )
    return shown.model_copy(update=screen) if screen else shown


def _shown(
    snapshot: Snapshot, found: Sequence[Found], pieces: Sequence[Piece]
) -> list[tuple[SpeechHit | None, Frame | None]]:
    """The line and the frame that stand for each piece: the best frame, else the one on screen."""
    lines = [best_line(piece.stretch.lines, found[piece.part].scale) for piece in pieces]
    starts = [
        (piece.stretch.fingerprint, line.start_ms if line else piece.stretch.start_ms)
        for piece, line in zip(pieces, lines, strict=True)
    ]
    shown = []
    for piece, line, on_screen in zip(pieces, lines, frames_at(snapshot, starts), strict=True):
        frames = piece.stretch.frames
        best = max(frames, key=lambda frame: (frame.score, -frame.start_ms), default=None)
        shown.append((line, Frame(best.frame_index, best.start_ms) if best else on_screen))
    return shown
