"""Scores of frames mean the same whatever scale a model's cosines are on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_search_app.search.calibration import EMPTY, Calibration, background, calibrate
from tests.support.synthetic import unit

COSINES = st.floats(-1, 1)


@given(COSINES, COSINES, COSINES, st.floats(0, 1), COSINES, COSINES)
def test_a_higher_cosine_never_scores_lower(unrelated, fitting, usual, spread, one, other) -> None:
    scale = Calibration(unrelated, fitting, usual, spread)
    low, high = sorted((one, other))
    assert 0 <= scale.score(low) <= scale.score(high) <= 1


@pytest.mark.parametrize(("unrelated", "fitting"), [(0.12, 0.26), (-0.1, 0.55), (0.0, 0.9)])
def test_a_match_is_high_and_the_unrelated_low_on_any_scale(unrelated, fitting) -> None:
    scale = Calibration(unrelated, fitting, unrelated, (fitting - unrelated) / 5)
    assert scale.score(fitting) > 0.9
    assert scale.score(unrelated) < 0.05
    assert 0.2 < scale.score(unrelated + 0.7 * (fitting - unrelated)) < 0.8


def test_a_text_that_lies_close_to_every_picture_says_nothing() -> None:
    hub = Calibration(unrelated=0.1, fitting=0.3, usual=0.24, spread=0.05)
    assert hub.score(0.29) < 0.5
    assert Calibration(unrelated=0.1, fitting=0.3, usual=0.1, spread=0.05).score(0.29) > 0.8


def world(dimensions: int, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """Frames of 20 subjects and their texts; `offset` moves all cosines, as a modality gap does."""
    rng = np.random.default_rng(1)
    subjects = unit(rng.standard_normal((20, dimensions)))
    common = unit(rng.standard_normal((1, dimensions)))
    texts = unit(subjects + offset * common)
    frames = unit(np.repeat(subjects, 10, axis=0) + 0.5 * common)
    return unit(frames + 0.3 * rng.standard_normal(frames.shape) / dimensions**0.5), texts


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("offset", [0.0, 2.0, -1.0])
def test_the_same_judgement_at_any_offset(offset: float, labelled: bool) -> None:
    frames, texts = world(256, offset)
    subjects = np.arange(len(frames)) // 10
    shown = subjects[:, None] == np.arange(8)
    against = background(frames, texts[:15], *((texts[:8], shown) if labelled else ()))
    for subject in (3, 17):
        scale = calibrate(texts[subject], against)
        scores = np.array([scale.score(cosine) for cosine in frames @ texts[subject]])
        assert scores[subjects == subject].min() > 0.6
        assert scores[subjects != subject].max() < 0.3


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7, 1.0])
def test_a_subject_is_known_however_much_of_the_library_shows_it(share: float) -> None:
    frames, texts = world(256, 1.0)
    shows = np.arange(10) < 10 * share
    here = np.concatenate([frames[30:40][shows], frames[70:80][~shows]])
    against = background(here, texts)
    scale = calibrate(texts[3], against)
    scores = np.array([scale.score(cosine) for cosine in here @ texts[3]])
    assert scores[: shows.sum()].min() > 0.5
    assert scores[shows.sum() :].max(initial=0.0) < 0.3


def test_a_label_on_every_frame_tells_nothing_of_the_scale() -> None:
    frames, texts = world(256, 1.0)
    everywhere = np.ones((len(frames), 1), bool)
    assert background(frames, texts, texts[:1], everywhere) == background(frames, texts)


def test_an_empty_library_has_a_scale() -> None:
    nothing = np.empty((0, 8), np.float32)
    against = background(nothing, np.eye(8, dtype=np.float32))
    assert against is EMPTY
    assert calibrate(np.ones(8, np.float32), against).score(0.0) < 0.01
