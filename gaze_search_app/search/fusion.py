"""One score out of those of several channels."""

from __future__ import annotations

from collections.abc import Sequence

Vote = tuple[float, float]
"""How much a channel counts (0 or more), and its score (0..1)."""


def combine(votes: Sequence[Vote], boost: float = 0.0) -> float:
    """The score of a moment (0..1) from the votes of the channels that take part in it.

    A convex combination, half of it the weighted mean of the channels, half the best of them: what is
    surely said need not be seen, and what is both said and seen comes before. A channel without evidence
    in this moment votes 0. But one that is switched off, that found nothing anywhere, or that could not
    search this video takes no part, so that it drags nothing down. The labels that the query names add
    a `boost`.

    The mixture is an ordered weighted average (Yager, IEEE Trans. Systems, Man and Cybernetics 1988).
    """
    total = mean = best = 0.0
    for weight, score in votes:
        if weight > 0.0:
            total += weight
            mean += weight * score
            if score > best:
                best = score
    if votes and total == 0.0:  # what takes part alone counts, however little it was to weigh
        return combine([(1.0, votes[0][1])], boost)
    return round(min((mean / (total or 1.0) + best) / 2 + boost, 1.0), 6)


def boost(labels: int, each: float, most: float) -> float:
    """What so many of the labels that a query names, seen in a moment, add to its score."""
    return min(labels * each, most)
