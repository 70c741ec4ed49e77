"""One score out of those of several channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Vote = tuple[float, Floats]
"""How much a channel counts (0 or more), and its scores of moments (0..1), NaN where it takes no part."""


def combine(votes: Sequence[Vote], boosts: Floats) -> Floats:
    """The scores of some moments (0..1) from the votes of the channels that take part in them.

    A convex combination, half of it the weighted mean of the channels, half the best of them: what is
    surely said need not be seen, and what is both said and seen comes before. A channel without evidence
    in a moment votes 0. But one that is switched off, that found nothing anywhere, or that could not
    search this video takes no part, so that it drags nothing down. The labels that the query names add
    their `boosts`.

    The mixture is an ordered weighted average (Yager, IEEE Trans. Systems, Man and Cybernetics 1988).
    """
    scores = np.array([scores for _, scores in votes]).reshape(len(votes), len(boosts))
    present = ~np.isnan(scores)
    weights = present * np.array([[weight] for weight, _ in votes]).reshape(len(votes), 1)
    alone = present & (weights.sum(axis=0) == 0)
    weights[alone & (alone.cumsum(axis=0) == 1)] = 1.0  # counts, however little it was to weigh
    given = np.where(weights > 0, scores, 0.0)
    mean = (weights * given).sum(axis=0) / np.maximum(weights.sum(axis=0), np.finfo(float).tiny)
    best = given.max(axis=0, initial=0.0)
    found: Floats = np.round(np.minimum((mean + best) / 2 + boosts, 1.0), 6)
    return found


def boost(labels: int, each: float, most: float) -> float:
    """What so many of the labels that a query names, seen in a moment, add to its score."""
    return min(labels * each, most)
