"""The state machine: how each stage of a video stands, what can happen to it, and what a user sees.

The catalog keeps one status a stage and writes it by `TRANSITIONS` only; the state of a video follows
from those of its stages that are wanted. Artifacts overrule the catalog
(`gaze_pipeline.stages.reconciliation`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Stage(StrEnum):
    """What is done to a video, in order; the value is also the name of its Dagster asset."""

    AUDIO = "audio"
    TRANSCRIPT = "transcript"
    MEANINGS = "meanings"
    FRAMES = "frames"
    EMBEDDINGS = "embeddings"
    DETECTIONS = "detections"
    TEXTS = "texts"


class Status(StrEnum):
    """How one stage of one video stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"  # done as far as a damaged file allowed
    WAITING = "waiting"  # for a model
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def settled(self) -> bool:
        """Whether the stage has produced its artifact."""
        return self in (Status.DONE, Status.PARTIAL)


class Event(StrEnum):
    """What can happen to a stage."""

    START = "start"  # a process takes it up
    FINISH = "finish"  # its artifact is there
    FAIL = "fail"  # it could not be made
    LACK = "lack"  # its model is not there
    CANCEL = "cancel"  # a person does not want it done
    RELEASE = "release"  # its process gave it up, or died
    RESET = "reset"  # a person asks for it again, or its artifact is gone


_ANY = frozenset(Status)
_IDLE = _ANY - {Status.RUNNING}
_UNMADE = _ANY - {Status.CANCELLED, Status.DONE, Status.PARTIAL}

TRANSITIONS: dict[Event, tuple[frozenset[Status], frozenset[Status]]] = {
    Event.START: (_ANY, frozenset({Status.RUNNING})),
    Event.FINISH: (_ANY, frozenset({Status.DONE, Status.PARTIAL})),
    Event.FAIL: (_UNMADE, frozenset({Status.FAILED})),
    Event.LACK: (_ANY - {Status.CANCELLED}, frozenset({Status.WAITING})),
    Event.CANCEL: (_ANY, frozenset({Status.CANCELLED})),
    Event.RELEASE: (
        frozenset({Status.RUNNING}),
        frozenset({Status.PENDING, Status.CANCELLED, Status.FAILED}),
    ),
    Event.RESET: (_IDLE, frozenset({Status.PENDING})),
}
"""From which statuses an event leads to which. A stage that is RUNNING belongs to its process: while that
lives, only the process itself moves it on; others can ask it to stop. A stage that was CANCELLED is
started only by what was asked for later."""


def follows(before: Status, event: Event, after: Status) -> bool:
    """Whether the event may lead from one status to the other."""
    origins, ends = TRANSITIONS[event]
    return before in origins and after in ends


class State(StrEnum):
    """How a whole video stands."""

    QUEUED = "QUEUED"
    EXTRACTING_AUDIO = "EXTRACTING_AUDIO"
    TRANSCRIBING = "TRANSCRIBING"
    UNDERSTANDING = "UNDERSTANDING"
    EXTRACTING_FRAMES = "EXTRACTING_FRAMES"
    EMBEDDING = "EMBEDDING"
    DETECTING = "DETECTING"
    READING_TEXT = "READING_TEXT"
    WAITING = "WAITING"
    DONE = "DONE"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


REQUIRES: dict[Stage, Stage | None] = {
    Stage.AUDIO: None,
    Stage.TRANSCRIPT: Stage.AUDIO,
    Stage.MEANINGS: Stage.TRANSCRIPT,
    Stage.FRAMES: None,
    Stage.EMBEDDINGS: Stage.FRAMES,
    Stage.DETECTIONS: Stage.FRAMES,
    Stage.TEXTS: Stage.FRAMES,
}
"""The stage whose artifact each stage reads."""

RUNNING_STATE: dict[Stage, State] = {
    Stage.AUDIO: State.EXTRACTING_AUDIO,
    Stage.TRANSCRIPT: State.TRANSCRIBING,
    Stage.MEANINGS: State.UNDERSTANDING,
    Stage.FRAMES: State.EXTRACTING_FRAMES,
    Stage.EMBEDDINGS: State.EMBEDDING,
    Stage.DETECTIONS: State.DETECTING,
    Stage.TEXTS: State.READING_TEXT,
}


EVERY_STAGE = frozenset(Stage)


def video_state(stages: Mapping[Stage, Status], wanted: frozenset[Stage] = EVERY_STAGE) -> State:
    """The state of a video, from the status of its wanted stages (one without a row is pending)."""
    statuses = {stage: stages.get(stage, Status.PENDING) for stage in Stage if stage in wanted}
    for stage, status in statuses.items():
        if status is Status.RUNNING:
            return RUNNING_STATE[stage]
    present = set(statuses.values())
    if Status.FAILED in present:
        return State.FAILED
    if Status.CANCELLED in present:
        return State.CANCELLED
    if Status.PENDING in present:
        blocked = all(
            status is not Status.PENDING or _waits(statuses, stage)
            for stage, status in statuses.items()
        )
        return State.WAITING if blocked else State.QUEUED
    if Status.WAITING in present:
        return State.WAITING
    return State.PARTIAL if Status.PARTIAL in present else State.DONE


def _waits(statuses: Mapping[Stage, Status], stage: Stage) -> bool:
    before = REQUIRES[stage]
    return before is not None and statuses.get(before) is Status.WAITING
