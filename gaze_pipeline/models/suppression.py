"""Of many overlapping boxes around one thing, the surest (greedy non-maximum suppression)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

MOST = 100
"""Boxes kept of a picture."""
_CANDIDATES = 300
"""Boxes looked at of a label, the surest."""
_SAME_THING = 0.55
"""The overlap (0..1) from which two boxes of one label are around one thing."""

Floats = npt.NDArray[np.float32]


def surest(
    scores: Floats, boxes: Floats, least: float
) -> Iterator[tuple[int, float, npt.NDArray[np.float32]]]:
    """Label, score and box of each thing in a picture, surest first.

    `scores` [anchors, labels], the background first; `boxes` [anchors, 4]: left, top, right, bottom. Only
    scores beyond `least` count.
    """
    found = []
    seen = scores[:, 1:].max(axis=0)
    for label in np.flatnonzero(seen > least) + 1:
        column = scores[:, label]
        candidates = np.flatnonzero(column > least)
        order = candidates[np.argsort(-column[candidates], kind="stable")][:_CANDIDATES]
        found += [(int(label), float(column[at]), boxes[at]) for at in _apart(order, boxes)]
    found.sort(key=lambda one: -one[1])
    yield from found[:MOST]


def _apart(order: npt.NDArray[np.intp], boxes: Floats) -> Iterator[int]:
    """Those of `order`, the surest first, that overlap none before them."""
    while len(order):
        best, order = order[0], order[1:]
        yield int(best)
        order = order[_overlaps(boxes[best], boxes[order]) <= _SAME_THING]


def _overlaps(box: Floats, others: Floats) -> Floats:
    """The area shared with each other box, as a fraction of what both cover."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    overlaps: Floats = shared / np.maximum(areas - shared, np.finfo(np.float32).tiny)
    return overlaps
