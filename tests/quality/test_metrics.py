from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quality.metrics import Hit, figures, iou, judge, right, separation
from tests.quality.timeline import Span


def span(start: int, end: int, video: str = "a.mp4") -> Span:
    return Span(video=video, start_ms=1000 * start, end_ms=1000 * end)


def hits(*spans: Span) -> list[Hit]:
    return [Hit(**one.model_dump(), score=1 / rank) for rank, one in enumerate(spans, start=1)]


spans = st.builds(
    lambda start, length, video: span(start, start + length, video),
    st.integers(0, 60),
    st.integers(1, 60),
    st.sampled_from(["a.mp4", "b.mp4"]),
)


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        (span(10, 20), True),
        (span(5, 11), True),
        (span(15, 60), True),
        (span(4, 20), False),
        (span(20, 30), False),
        (span(6, 10), False),
        (span(10, 20, "b.mp4"), False),
    ],
    ids=["exact", "5 s early", "from its middle", "6 s early", "after", "before", "other video"],
)
def test_a_hit_is_right_when_playing_it_shows_the_moment_soon(hit: Span, expected: bool) -> None:
    assert right(hit, span(10, 20)) is expected


def test_iou_of_half_overlapping_stretches() -> None:
    assert iou(span(0, 10), span(5, 15)) == pytest.approx(1 / 3)


@given(spans, spans)
def test_iou_is_symmetric_and_bounded(one: Span, other: Span) -> None:
    assert iou(one, other) == iou(other, one)
    assert 0 <= iou(one, other) <= 1
    assert iou(one, one) == 1


def test_an_answer_is_judged_by_its_first_right_hit() -> None:
    judged = judge(hits(span(0, 5, "b.mp4"), span(10, 15), span(10, 20)), [span(10, 20)])
    assert (judged.rank, judged.iou, judged.top) == (2, 0.5, 1.0)
    assert judged.found == 1


def test_of_several_known_moments_any_is_right_and_each_counts() -> None:
    judged = judge(hits(span(40, 48)), [span(10, 20), span(40, 50)])
    assert (judged.rank, judged.iou, judged.found) == (1, 0.8, 0.5)


def test_an_empty_answer_is_worth_nothing() -> None:
    judged = judge([], [span(0, 5)])
    assert (judged.rank, judged.iou, judged.found, judged.top) == (None, 0.0, 0.0, None)


def test_figures_by_hand() -> None:
    known = [span(10, 20)]
    first = judge(hits(span(10, 20)), known)
    second = judge(hits(span(50, 60), span(10, 15)), known)
    none = judge(hits(span(50, 60)), known)
    own = figures([first, second, none])
    assert own.queries == 3
    assert own.success_1 == pytest.approx(1 / 3)
    assert own.success_5 == pytest.approx(2 / 3)
    assert own.mrr == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert own.iou == pytest.approx((1 + 0.5) / 2)
    assert own.tight_1 == pytest.approx(1 / 3)


def test_figures_of_nothing_are_zero() -> None:
    assert figures([]).mrr == 0


def test_separation_by_hand() -> None:
    assert separation([0.9, 0.8], [0.1, None]) == 1
    assert separation([0.1], [0.9]) == 0
    assert separation([0.5, 0.9], [0.5, 0.9]) == 0.5


scores = st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=8)


@given(scores, scores)
def test_separation_the_other_way_round_is_the_rest(
    one: list[float | None], other: list[float | None]
) -> None:
    assert math.isclose(separation(one, other) + separation(other, one), 1)
