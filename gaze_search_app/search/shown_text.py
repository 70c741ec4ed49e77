"""What an answer shows of the text on a screen: the lines with what to mark, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.evidence import Frame, frames_at
from gaze_search_app.search.finder import Found
from gaze_search_app.search.hits import TextHit
from gaze_search_app.search.model import Box
from gaze_search_app.search.snippet import marks
from gaze_search_app.search.spoken import texts
from gaze_search_app.search.timeline import Piece
from gaze_search_app.search.written import boxes

MOST = 4
"""The lines of a screen that are shown."""
BETWEEN = " / "


def written_on(
    snapshot: Snapshot, found: Sequence[Found], pieces: Sequence[Piece]
) -> dict[Piece, dict[str, Any]]:
    """What the pieces that were found by text show of it, as fields of their `Evidence`.

    The frame is the one that shows the text, unless what was looked for is better seen in another.
    """
    lines = {
        piece: _best(piece.stretch.texts, found[piece.part])
        for piece in pieces
        if piece.stretch.texts
    }
    ids = {hit.line for hits in lines.values() for hit in hits}
    said, where = texts(snapshot.written, ids), boxes(snapshot, ids)
    times = [_when(piece, hits) for piece, hits in lines.items()]
    shown = zip(lines.items(), frames_at(snapshot, times), strict=True)
    return {
        piece: {
            **_told(found[piece.part], hits, said),
            **(_framed(frame, hits, where) if _telling(piece) else {}),
            "text_score": piece.scores.text,
        }
        for (piece, hits), frame in shown
    }


def _best(hits: Sequence[TextHit], found: Found) -> list[TextHit]:
    """The lines that say most, in their order on the screen."""
    best = sorted(hits, key=lambda hit: (-found.written.coverage(hit.words), -hit.bm25, hit.line))
    return sorted(best[:MOST], key=lambda hit: hit.line)


def _when(piece: Piece, hits: Sequence[TextHit]) -> tuple[str, int]:
    """The video, and the first time of a piece at which all of its lines are shown, as far as they are."""
    shown = max(piece.stretch.start_ms, *(hit.start_ms for hit in hits))
    return piece.stretch.fingerprint, min(shown, min(hit.end_ms for hit in hits) - 1)


def _telling(piece: Piece) -> bool:
    return (piece.scores.text or 0.0) >= (piece.scores.visual or 0.0)


def _told(
    found: Found, hits: Sequence[TextHit], said: Mapping[int, tuple[str, str]]
) -> dict[str, Any]:
    whole, marked = "", list[tuple[int, int]]()
    for hit in hits:
        text, language = said[hit.line]
        sounds = found.written.telling(found.ask.writings, hit.words)
        whole += BETWEEN if whole else ""
        marked += [
            (start + len(whole), end + len(whole)) for start, end in marks(text, language, sounds)
        ]
        whole += text
    return {"text": whole, "text_marks": marked}


def _framed(
    frame: Frame | None, hits: Sequence[TextHit], where: Mapping[int, Box]
) -> dict[str, Any]:
    if frame is None:
        return {}
    lines = [hit for hit in hits if hit.start_ms <= frame.timestamp_ms < hit.end_ms]
    return {
        "frame_index": frame.index,
        "frame_ms": frame.timestamp_ms,
        "boxes": [where[hit.line] for hit in lines],
    }
