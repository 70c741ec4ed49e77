"""What an answer is worth: the figures of the report, each with its source.

An answer is a ranked list of hits, the best first. A hit is right when pressing play on it shows a known
moment: same video, some of the known moment lies in it, and it starts at most `LEAD_MS` before. That is the
shot-level judgement of known-item search with a tolerance, as at the Video Browser Showdown (Lokoč et al.,
"Interactive video retrieval in the age of deep learning", IEEE Trans. Multimedia 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.quality.timeline import Span

LEAD_MS = 5000
TIGHT = 0.5
"""From this overlap on, a moment's bounds are called true."""


class Hit(Span):
    """A stretch of one video that a method answers with; `score` rises with its worth."""

    score: float


@dataclass(frozen=True)
class Judged:
    """One answer: its best right hit's rank (from 1; None: none is right), that hit's IoU, and more.

    `found` is the share of the known moments that hits among the first ten bound with IoU >= TIGHT,
    one hit a moment; `top` the best hit's score, None for an empty answer.
    """

    rank: int | None
    iou: float
    found: float
    top: float | None


@dataclass(frozen=True)
class Figures:
    """The figures of one method over one group of queries that have an answer."""

    queries: int
    success_1: float
    success_5: float
    mrr: float
    iou: float
    tight_1: float
    found: float


def judge(hits: Sequence[Hit], known: Sequence[Span]) -> Judged:
    """Judge one answer against the moments that are known to answer its query."""
    for rank, hit in enumerate(hits, start=1):
        if any(right(hit, moment) for moment in known):
            best = max(iou(hit, moment) for moment in known)
            return Judged(rank, best, _found(hits[:10], known), hits[0].score)
    return Judged(None, 0.0, 0.0, hits[0].score if hits else None)


def right(hit: Span, moment: Span) -> bool:
    """Whether who plays the hit comes to see the moment, and soon."""
    return (
        hit.video == moment.video
        and hit.start_ms < moment.end_ms
        and moment.start_ms < hit.end_ms
        and moment.start_ms - hit.start_ms <= LEAD_MS
    )


def iou(one: Span, other: Span) -> float:
    """Temporal intersection over union, 0..1 (Gao et al., "TALL", ICCV 2017)."""
    shared = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
    if one.video != other.video or shared <= 0:
        return 0.0
    return shared / (max(one.end_ms, other.end_ms) - min(one.start_ms, other.start_ms))


def figures(judged: Sequence[Judged]) -> Figures:
    """The means over queries.

    success@k: the share with a right hit among the first k; MRR: the mean of 1/rank, 0 for none (Voorhees,
    "The TREC-8 question answering track report", 1999); `iou`: of the best right hit, over queries that
    have one; `tight_1`: "R@1, IoU >= 0.5" (Gao et al. 2017).
    """
    ranks = [one.rank for one in judged]
    hit = [one for one in judged if one.rank is not None]
    return Figures(
        queries=len(judged),
        success_1=_mean([rank == 1 for rank in ranks]),
        success_5=_mean([rank is not None and rank <= 5 for rank in ranks]),
        mrr=_mean([1 / rank if rank else 0.0 for rank in ranks]),
        iou=_mean([one.iou for one in hit]),
        tight_1=_mean([one.rank == 1 and one.iou >= TIGHT for one in judged]),
        found=_mean([one.found for one in judged]),
    )


def separation(answered: Sequence[float | None], unanswered: Sequence[float | None]) -> float:
    """How well the best score tells queries with an answer from those without: the area under ROC.

    The chance that one of the former scores above one of the latter, ties counting half (Fawcett,
    "An introduction to ROC analysis", 2006); 0.5 tells nothing. An empty answer scores below any other.
    """
    pairs = [(_worth(a), _worth(b)) for a in answered for b in unanswered]
    return _mean([(a > b) + 0.5 * (a == b) for a, b in pairs])


def _worth(top: float | None) -> float:
    return float("-inf") if top is None else top


def _found(hits: Sequence[Hit], known: Sequence[Span]) -> float:
    """The share of the moments that some hit bounds tightly (a tight hit bounds one moment only)."""
    return _mean([any(iou(hit, moment) >= TIGHT for hit in hits) for moment in known])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
