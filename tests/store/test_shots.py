"""Shots are told apart by leaps of the picture, and frames stand for the time up to a cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.store.shots import number_shots, stretches


def turning(angles: list[float]) -> np.ndarray:
    """Unit vectors in a plane, each turned by so many degrees against the one before."""
    turned = np.deg2rad(np.cumsum(angles))
    return np.stack([np.cos(turned), np.sin(turned)], axis=1)


@pytest.mark.parametrize(
    ("angles", "shots"),
    [
        ([0, 5, 5, 5], [0, 0, 0, 0]),
        ([0, 5, 5, 40, 5, 5], [0, 0, 0, 1, 1, 1]),  # a cut between similar pictures
        ([0, 35, 40, 35, 40], [0, 0, 0, 0, 0]),  # a fast pan, all the time
        ([0, 70, 75, 70, 75], [0, 1, 2, 3, 4]),  # every picture another
        ([0, 5, 5, 90, 5, 80, 5], [0, 0, 0, 1, 1, 2, 2]),
        ([0], [0]),
    ],
)
def test_a_cut_is_a_leap_that_stands_out(angles: list[float], shots: list[int]) -> None:
    assert number_shots(turning(angles)).tolist() == shots


def test_a_frame_stands_until_the_next_or_half_way_to_a_cut() -> None:
    times = np.array([0, 2000, 4000, 6000])
    starts, ends = stretches(times, np.array([0, 0, 1, 1], np.int32), 7000)
    assert starts.tolist() == [0, 2000, 3000, 6000]
    assert ends.tolist() == [2000, 3000, 6000, 7000]


@given(st.lists(st.integers(1, 10_000), max_size=30), st.data())
def test_stretches_follow_each_other_without_a_gap(gaps: list[int], data: st.DataObject) -> None:
    times = np.cumsum(gaps, dtype=np.int64)
    cuts = data.draw(st.lists(st.booleans(), min_size=len(gaps), max_size=len(gaps)))
    starts, ends = stretches(times, np.cumsum(cuts, dtype=np.int32), data.draw(st.integers(0, 99)))
    assert len(starts) == len(ends) == len(gaps)
    assert (starts < ends).all()
    assert (ends[:-1] == starts[1:]).all()
    assert (starts[:1] == times[:1]).all()
