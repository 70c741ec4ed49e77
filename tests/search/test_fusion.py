"""Scores: within 0..1, rising with their evidence, never dragged down by a channel without any."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gaze_search_app.search.fusion import Weights, combine

SCORES = st.floats(0, 1)
MAYBE = st.none() | SCORES
EVEN = Weights(speech=0.5, label_boost=0.05, label_boost_max=0.15)
WEIGHTS = st.builds(Weights, SCORES, st.just(0.05), st.just(0.15))


def close(one: float, other: float) -> bool:
    return abs(one - other) < 1e-5


@given(MAYBE, MAYBE, WEIGHTS, st.booleans(), st.booleans(), st.integers(0, 100))
def test_scores_stay_within_bounds(speech, visual, weights, heard, seen, labels) -> None:
    assert 0 <= combine(speech, visual, weights, heard=heard, seen=seen, labels=labels) <= 1


@given(SCORES, SCORES, SCORES, WEIGHTS)
def test_better_evidence_never_scores_lower(one, other, visual, weights) -> None:
    low, high = sorted((one, other))
    assert combine(low, visual, weights) <= combine(high, visual, weights)
    assert combine(visual, low, weights) <= combine(visual, high, weights)


@given(SCORES, WEIGHTS)
def test_a_channel_that_takes_no_part_drags_nothing_down(score, weights) -> None:
    assert close(combine(score, None, weights, seen=False), score)
    assert close(combine(None, score, weights, heard=False), score)


@given(SCORES, SCORES)
def test_both_channels_weigh_the_same_by_default(speech, visual) -> None:
    assert close(combine(speech, visual, EVEN), combine(visual, speech, EVEN))
    assert combine(speech, None, EVEN) <= combine(speech, visual, EVEN)


@given(SCORES, SCORES, WEIGHTS)
def test_the_score_lies_between_those_of_the_channels(speech, visual, weights) -> None:
    low, high = sorted((speech, visual))
    assert low - 1e-5 <= combine(speech, visual, weights) <= high + 1e-5


def test_what_is_surely_said_comes_before_what_is_half_said_and_half_seen() -> None:
    assert combine(0.95, None, EVEN) > combine(0.5, 0.5, EVEN)


@given(st.integers(0, 50))
def test_each_label_adds_a_twentieth_up_to_three(labels) -> None:
    assert close(combine(0.4, 0.4, EVEN, labels=labels), 0.4 + min(0.05 * labels, 0.15))


@given(SCORES, SCORES, st.integers(0, 9))
def test_more_labels_never_score_lower(speech, visual, labels) -> None:
    few, more = (combine(speech, visual, EVEN, labels=count) for count in (labels, labels + 1))
    assert few <= more


@given(SCORES, SCORES, SCORES)
def test_text_takes_part_only_where_a_video_shows_any(
    speech: float, visual: float, text: float
) -> None:
    assert combine(speech, visual, EVEN, text=None, read=False) == combine(speech, visual, EVEN)
    assert combine(speech, visual, EVEN, text=text, read=True) >= combine(
        speech, visual, EVEN, text=None, read=True
    )
    assert close(combine(None, None, EVEN, text=text, heard=False, seen=False, read=True), text)
