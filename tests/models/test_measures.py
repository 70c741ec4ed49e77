from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tests.models.measures import average_precision, overlap, recall_at_1
from tests.support.shapes import Box


@dataclass(frozen=True)
class Guess(Box):
    confidence: float = 1.0


TRUE = Box("circle", 0.1, 0.1, 0.4, 0.4)


def test_overlap_of_a_box_with_itself_its_half_and_a_stranger() -> None:
    assert overlap(TRUE, TRUE) == pytest.approx(1)
    assert overlap(TRUE, Box("circle", 0.1, 0.1, 0.2, 0.4)) == pytest.approx(0.5)
    assert overlap(TRUE, Box("circle", 0.6, 0.6, 0.2, 0.2)) == 0


@pytest.mark.parametrize(
    ("guesses", "expected"),
    [
        ([Guess("circle", 0.1, 0.1, 0.4, 0.4)], 1.0),
        ([], 0.0),
        ([Guess("square", 0.1, 0.1, 0.4, 0.4)], 0.0),
        ([Guess("circle", 0.5, 0.5, 0.4, 0.4)], 0.0),
        (
            [
                Guess("circle", 0.1, 0.1, 0.4, 0.4, confidence=0.9),
                Guess("circle", 0.12, 0.1, 0.4, 0.4, confidence=0.8),
            ],
            1.0,
        ),
        (
            [
                Guess("circle", 0.5, 0.5, 0.4, 0.4, confidence=0.9),
                Guess("circle", 0.1, 0.1, 0.4, 0.4, confidence=0.8),
            ],
            0.5,
        ),
    ],
    ids=["right", "missed", "wrong label", "wrong place", "twice", "false one first"],
)
def test_average_precision_of_one_box(guesses: list[Guess], expected: float) -> None:
    assert average_precision([guesses], [[TRUE]]).mean == pytest.approx(expected)


def test_precision_is_averaged_over_labels() -> None:
    square = Box("square", 0.5, 0.5, 0.3, 0.3)
    result = average_precision([[Guess("circle", 0.1, 0.1, 0.4, 0.4)]], [[TRUE, square]])
    assert result.by_label == {"circle": pytest.approx(1), "square": 0}
    assert result.mean == pytest.approx(0.5)


def test_recall_counts_queries_whose_best_item_is_right() -> None:
    scores = np.array([[0.9, 0.1], [0.8, 0.2]], dtype=np.float32)
    assert recall_at_1(scores, np.eye(2, dtype=bool)) == 0.5
