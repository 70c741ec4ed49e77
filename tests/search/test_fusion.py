"""Scores: within 0..1, rising with their evidence, never dragged down by a channel without any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_search_app.search import fusion
from gaze_search_app.search.fusion import boost

Vote = tuple[float, float]
SCORES = st.floats(0, 1)
WEIGHTS = st.just(0.0) | st.floats(0.01, 1)
VOTES = st.lists(st.tuples(WEIGHTS, SCORES), max_size=4)


def close(one: float, other: float) -> bool:
    return abs(one - other) < 1e-5


def combine(votes: list[Vote], boost: float = 0.0) -> float:
    """The score of one moment, in which all of the channels take part."""
    shares = [(weight, np.array([score])) for weight, score in votes]
    return float(fusion.combine(shares, np.array([boost]))[0])


def even(*scores: float) -> list[Vote]:
    return [(0.5, score) for score in scores]


@given(VOTES, SCORES)
def test_scores_stay_within_bounds(votes: list[Vote], boost: float) -> None:
    assert 0 <= combine(votes, boost) <= 1


@given(VOTES, WEIGHTS, SCORES, SCORES)
def test_better_evidence_never_scores_lower(
    others: list[Vote], weight: float, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert combine([*others, (weight, low)]) <= combine([*others, (weight, high)])
    assert combine([(weight, low), *others]) <= combine([(weight, high), *others])


@given(WEIGHTS, SCORES)
def test_a_channel_that_takes_part_alone_says_it_all(weight: float, score: float) -> None:
    assert close(combine([(weight, score)]), score)


def test_where_no_channel_takes_part_there_is_nothing() -> None:
    assert combine([]) == 0


@given(st.lists(SCORES, min_size=2, max_size=4), st.randoms())
def test_channels_of_the_same_weight_count_the_same(scores: list[float], random) -> None:
    mixed = random.sample(scores, len(scores))
    assert close(combine(even(*scores)), combine(even(*mixed)))


@given(VOTES.filter(lambda votes: any(weight > 0 for weight, _ in votes)))
def test_the_score_lies_between_those_of_the_channels(votes: list[Vote]) -> None:
    scores = [score for weight, score in votes if weight > 0]
    assert min(scores) - 1e-5 <= combine(votes) <= max(scores) + 1e-5


def test_what_is_surely_said_comes_before_what_is_half_said_and_half_seen() -> None:
    assert combine(even(0.95, 0.0)) > combine(even(0.5, 0.5))


def test_what_is_said_seen_and_written_comes_before_what_is_only_said() -> None:
    assert combine(even(0.9, 0.9, 0.9)) > combine(even(0.9, 0.9, 0.0)) > combine(even(0.9, 0, 0))


@given(SCORES, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_boost_never_scores_lower(score: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert combine(even(score), low) <= combine(even(score), high)


@given(st.integers(0, 50))
def test_each_label_adds_a_twentieth_up_to_three(labels: int) -> None:
    more = boost(labels, each=0.05, most=0.15)
    assert close(combine(even(0.4, 0.4), more), 0.4 + min(0.05 * labels, 0.15))


@given(
    st.lists(st.tuples(WEIGHTS, st.lists(st.none() | SCORES, min_size=3, max_size=3)), max_size=4)
)
def test_each_moment_is_scored_by_the_channels_that_take_part_in_it(
    channels: list[tuple[float, list[float | None]]],
) -> None:
    shares = [(weight, np.array(scores, float)) for weight, scores in channels]
    together = fusion.combine(shares, np.zeros(3))
    for number in range(3):
        present = [(weight, scores[number]) for weight, scores in channels]
        alone = combine([(weight, score) for weight, score in present if score is not None])
        assert together[number] == pytest.approx(alone)
