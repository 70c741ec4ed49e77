"""What a score is called: calibrated channels share one scale, so one pair of bounds serves all."""

from __future__ import annotations

from gaze_search_app.search.model import POSSIBLE, STRONG, Confidence


def confidence(score: float) -> Confidence:
    """How sure a moment of this score is, which is that of the surest channel (`Scores.surest`)."""
    if score >= STRONG:
        return Confidence.STRONG
    return Confidence.POSSIBLE if score >= POSSIBLE else Confidence.WEAK
