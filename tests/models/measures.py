"""Two figures of merit: recall@1 of retrieval, and mean average precision of detection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


class Boxed(Protocol):
    """A labelled rectangle: left, top, width, height in any one unit."""

    @property
    def label(self) -> str: ...
    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def w(self) -> float: ...
    @property
    def h(self) -> float: ...


class Found(Boxed, Protocol):
    """A rectangle that somebody is more or less sure of."""

    @property
    def confidence(self) -> float: ...


@dataclass(frozen=True)
class Precision:
    """Average precision (0..1) of each label and their mean."""

    by_label: dict[str, float]

    @property
    def mean(self) -> float:
        """The mean over labels."""
        return float(np.mean(list(self.by_label.values())))


def recall_at_1(scores: npt.NDArray[np.float32], right: npt.NDArray[np.bool_]) -> float:
    """The share of queries whose best-scored item is a right one; both [queries, items]."""
    return float(np.take_along_axis(right, scores.argmax(1)[:, None], axis=1).mean())


def average_precision(
    found: Sequence[Sequence[Found]], truth: Sequence[Sequence[Boxed]], iou: float = 0.5
) -> Precision:
    """Area under the precision-recall curve (all points, as in VOC 2010) of each label in `truth`.

    Both sequences go by picture. Each true box counts once: further boxes on it are false.
    """
    labels = sorted({box.label for boxes in truth for box in boxes})
    return Precision({label: _one_label(found, truth, label, iou) for label in labels})


def overlap(one: Boxed, other: Boxed) -> float:
    """Intersection over union of two boxes, 0..1."""
    across = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    down = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    if across <= 0 or down <= 0:
        return 0.0
    return across * down / (one.w * one.h + other.w * other.h - across * down)


def _one_label(
    found: Sequence[Sequence[Found]], truth: Sequence[Sequence[Boxed]], label: str, iou: float
) -> float:
    wanted = [[box for box in boxes if box.label == label] for boxes in truth]
    ranked = sorted(
        ((box, picture) for picture, boxes in enumerate(found) for box in boxes),
        key=lambda pair: -pair[0].confidence,
    )
    hits = []
    for box, picture in ranked:
        if box.label != label:
            continue
        best = max(wanted[picture], key=lambda true: overlap(true, box), default=None)
        hit = best is not None and overlap(best, box) >= iou
        if hit and best is not None:
            wanted[picture].remove(best)
        hits.append(hit)
    total = sum(box.label == label for boxes in truth for box in boxes)
    right = np.cumsum(hits)
    precision = right / np.arange(1, len(hits) + 1)
    ceiling = np.maximum.accumulate(precision[::-1])[::-1]
    return float((ceiling * np.array(hits)).sum() / total)
