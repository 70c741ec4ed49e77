"""One score out of two channels and the labels that a query names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """How channels and labels count; see `SearchSettings`."""

    speech: float
    label_boost: float
    label_boost_max: float


def combine(
    speech: float | None,
    visual: float | None,
    weights: Weights,
    *,
    heard: bool = True,
    seen: bool = True,
    labels: int = 0,
) -> float:
    """The score of a moment (0..1) from the scores of its channels, each 0..1 or None.

    A convex combination, half of it the weighted mean of the channels, half the better of them: what is
    surely said need not be seen, and what is both said and seen comes before. A channel without evidence
    in this moment counts as 0. But one that found nothing anywhere, or that could not search this video
    (`heard`, `seen` are False), takes no part, so that it drags nothing down. `labels` of the moment
    that the query names each add a boost.

    The mixture is an ordered weighted average (Yager, IEEE Trans. Systems, Man and Cybernetics 1988).
    """
    share = weights.speech if heard and seen else float(heard)
    given = (share, speech or 0.0), (1 - share, visual or 0.0)
    mean = sum(weight * score for weight, score in given)
    better = max(score for weight, score in given if weight)
    boost = min(labels * weights.label_boost, weights.label_boost_max)
    return round(min(max((mean + better) / 2, 0.0) + boost, 1.0), 6)
