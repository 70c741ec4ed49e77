"""One score out of several channels and the labels that a query names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """How channels and labels count; see `SearchSettings`."""

    speech: float
    label_boost: float
    label_boost_max: float
    text: float = 0.5


def combine(
    speech: float | None,
    visual: float | None,
    weights: Weights,
    *,
    text: float | None = None,
    heard: bool = True,
    seen: bool = True,
    read: bool = False,
    labels: int = 0,
) -> float:
    """The score of a moment (0..1) from the scores of its channels, each 0..1 or None.

    A convex combination, half of it the weighted mean of the channels, half the best of them: what is
    surely said need not be seen, and what is both said and seen comes before. A channel without evidence
    in this moment counts as 0. But one that is switched off, that found nothing anywhere, or that could
    not search this video (`heard`, `seen`, `read` are False) takes no part, so that it drags nothing down.
    `labels` of the moment that the query names each add a boost.

    The mixture is an ordered weighted average (Yager, IEEE Trans. Systems, Man and Cybernetics 1988).
    """
    every = (
        (heard, weights.speech, speech),
        (seen, 1 - weights.speech, visual),
        (read, weights.text, text),
    )
    taking_part = [(weight, score or 0.0) for part, weight, score in every if part]
    total = sum(weight for weight, _ in taking_part)
    given = [(weight / total, score) for weight, score in taking_part if weight]
    given = given or [(1.0, score) for _, score in taking_part[:1]]
    mean = sum(weight * score for weight, score in given)
    best = max((score for _, score in given), default=0.0)
    boost = min(labels * weights.label_boost, weights.label_boost_max)
    return round(min(max((mean + best) / 2, 0.0) + boost, 1.0), 6)
