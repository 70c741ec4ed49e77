from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.states import (
    RUNNING_STATE,
    TRANSITIONS,
    Event,
    Stage,
    State,
    Status,
    follows,
    video_state,
)

DONE = dict.fromkeys(Stage, Status.DONE)


@given(st.dictionaries(st.sampled_from(Stage), st.sampled_from(Status)))
def test_every_combination_has_a_state(stages: dict[Stage, Status]) -> None:
    state = video_state(stages)
    assert (state in RUNNING_STATE.values()) == (Status.RUNNING in stages.values())
    assert (state is State.DONE) == (stages == DONE)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, State.DONE),
        ({Stage.FRAMES: Status.PARTIAL}, State.PARTIAL),
        ({Stage.EMBEDDINGS: Status.WAITING}, State.WAITING),
        ({Stage.EMBEDDINGS: Status.WAITING, Stage.FRAMES: Status.PENDING}, State.QUEUED),
        ({Stage.TRANSCRIPT: Status.FAILED, Stage.EMBEDDINGS: Status.WAITING}, State.FAILED),
        ({Stage.TRANSCRIPT: Status.CANCELLED}, State.CANCELLED),
        ({Stage.TRANSCRIPT: Status.FAILED, Stage.FRAMES: Status.RUNNING}, State.EXTRACTING_FRAMES),
    ],
    ids=lambda value: str(value),
)
def test_the_worst_news_comes_first(change: dict[Stage, Status], expected: State) -> None:
    assert video_state({**DONE, **change}) is expected


def test_every_status_can_be_reached_and_left() -> None:
    assert set(TRANSITIONS) == set(Event)
    reached = set().union(*(ends for _, ends in TRANSITIONS.values()))
    assert reached == set(Status)
    for status in Status:
        left = {end for event in Event for end in Status if follows(status, event, end)}
        assert left - {status}, status


@pytest.mark.parametrize(
    ("before", "event", "after", "allowed"),
    [
        (Status.PENDING, Event.START, Status.RUNNING, True),
        (Status.CANCELLED, Event.FINISH, Status.DONE, True),  # the artifact is there
        (Status.CANCELLED, Event.FAIL, Status.FAILED, False),
        (Status.CANCELLED, Event.LACK, Status.WAITING, False),
        (Status.DONE, Event.FAIL, Status.FAILED, False),
        (Status.RUNNING, Event.RESET, Status.PENDING, False),
        (Status.RUNNING, Event.RELEASE, Status.DONE, False),
        (Status.PENDING, Event.RELEASE, Status.PENDING, False),
    ],
    ids=str,
)
def test_what_may_follow(before: Status, event: Event, after: Status, allowed: bool) -> None:
    assert follows(before, event, after) is allowed
