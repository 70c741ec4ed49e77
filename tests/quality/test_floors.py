"""Search must not get worse unseen: loose floors for a few films of the suite.

Measured on 2026-11-23 with two cores: the figure beside each floor. `make quality` has the whole picture.
"""

from __future__ import annotations

import pytest

from gaze_pipeline.settings import ModelSettings
from tests.quality.queries import Channel
from tests.quality.trial import Answers, Trial, hold

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trial(real_whisper: ModelSettings) -> Trial:
    return hold(real_whisper, reduced=True)


def answers(trial: Trial, method: str) -> Answers:
    return next(one for one in trial.answers if one.method == method)


@pytest.mark.parametrize(
    ("method", "channel", "floor"),
    [
        ("Gaze, words only", Channel.SPEECH, 0.72),  # 0.81
        ("Gaze, speech only", Channel.MEANING, 0.15),  # 0.29
        ("Gaze, pictures only", Channel.VISUAL, 0.85),  # 0.95
        ("Gaze", Channel.SPEECH, 0.65),  # 0.75
        ("Gaze", Channel.VISUAL, 0.90),  # 1.00
        ("Gaze", Channel.FUSED, 0.75),  # 0.88
        ("Gaze", Channel.TIME, 0.70),  # 0.80
    ],
)
def test_the_first_answer_is_right_often_enough(
    trial: Trial, method: str, channel: Channel, floor: float
) -> None:
    assert answers(trial, method).over(channel).success_1 >= floor


def test_moments_are_bounded_well_enough(trial: Trial) -> None:
    assert answers(trial, "Gaze").over(*Channel).iou >= 0.70  # 0.81


def test_what_is_not_there_is_seldom_answered(trial: Trial) -> None:
    assert answers(trial, "Gaze").false_alarms() <= 0.40  # 0.28
    assert answers(trial, "Gaze, words only").false_alarms("never said") <= 0.10  # 0.00
