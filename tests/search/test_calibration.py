"""Scores of frames mean the same whatever scale a model's cosines are on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_search_app.search.calibration import Background, Calibration, background, calibrate
from tests.support.synthetic import unit

COSINES = st.floats(-1, 1)


@given(COSINES, COSINES, COSINES, COSINES)
def test_a_higher_cosine_never_scores_lower(unrelated, fitting, one, other) -> None:
    scale = Calibration(unrelated, fitting)
    low, high = sorted((one, other))
    assert 0 <= scale.score(low) <= scale.score(high) <= 1


@pytest.mark.parametrize(("unrelated", "fitting"), [(0.12, 0.26), (-0.1, 0.55), (0.0, 0.9)])
def test_a_match_is_high_and_the_unrelated_low_on_any_scale(unrelated, fitting) -> None:
    scale = Calibration(unrelated, fitting)
    assert scale.score(fitting) > 0.9
    assert scale.score(unrelated) < 0.05
    assert 0.2 < scale.score(unrelated + 0.65 * (fitting - unrelated)) < 0.8


def world(dimensions: int, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """Frames of 20 subjects and their texts; `offset` moves all cosines, as a modality gap does."""
    rng = np.random.default_rng(1)
    subjects = unit(rng.standard_normal((20, dimensions)))
    common = unit(rng.standard_normal((1, dimensions)))
    texts = unit(subjects + offset * common)
    frames = unit(np.repeat(subjects, 10, axis=0) + 0.5 * common)
    return unit(frames + 0.3 * rng.standard_normal(frames.shape) / dimensions**0.5), texts


@pytest.mark.parametrize("offset", [0.0, 2.0, -1.0])
def test_the_same_judgement_at_any_offset(offset: float) -> None:
    frames, texts = world(256, offset)
    against = background(frames, texts[:15])
    for subject in (3, 17):
        scale = calibrate(texts[subject], against)
        scores = np.array([scale.score(cosine) for cosine in frames @ texts[subject]])
        shows = np.arange(len(frames)) // 10 == subject
        assert scores[shows].min() > 0.8
        assert scores[~shows].max() < 0.3


def test_a_library_of_one_subject_still_knows_it() -> None:
    frames, texts = world(256, 1.0)
    against = background(frames[30:40], texts)
    same, other = (calibrate(texts[subject], against) for subject in (3, 7))
    assert min(same.score(cosine) for cosine in frames[30:40] @ texts[3]) > 0.8
    assert max(other.score(cosine) for cosine in frames[30:40] @ texts[7]) < 0.3


def test_an_empty_library_has_a_scale() -> None:
    against = background(np.empty((0, 8), np.float32), np.eye(8, dtype=np.float32))
    assert against == Background(against.frames, 0.0, 1.0)
    assert calibrate(np.ones(8, np.float32), against).score(0.0) < 0.01
