"""What a score is called: calibrated channels share one scale, so one pair of bounds serves all."""

from __future__ import annotations

from collections.abc import Iterable

from gaze_search_app.search.finder import Scores
from gaze_search_app.search.model import POSSIBLE, STRONG, Confidence


def confidence(parts: Iterable[Scores]) -> Confidence:
    """How sure a moment is: as sure as the least sure part of the query, and that as its surest channel."""
    least = min([part.surest for part in parts])
    if least >= STRONG:
        return Confidence.STRONG
    return Confidence.POSSIBLE if least >= POSSIBLE else Confidence.WEAK
