"""The channels by which moments are found, each of which can be switched off, and the stages they need."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from gaze_pipeline.states import REQUIRES, Stage


class Channel(StrEnum):
    """A way to find moments; the value is its key under `[channels]`."""

    SPEECH = "speech"
    PICTURES = "pictures"
    LABELS = "labels"
    TEXT = "text"
    MEANING = "meaning"  # of what is said: none without SPEECH


STAGES: dict[Channel, frozenset[Stage]] = {
    Channel.SPEECH: frozenset({Stage.TRANSCRIPT}),
    Channel.PICTURES: frozenset({Stage.EMBEDDINGS}),
    Channel.LABELS: frozenset({Stage.DETECTIONS}),
    Channel.TEXT: frozenset({Stage.TEXTS}),
    Channel.MEANING: frozenset({Stage.MEANINGS}),
}
"""The stages that make what each channel searches."""

SWITCHED_OFF = "switched off in the settings"

ALWAYS = frozenset({Stage.FRAMES})
"""The stages that are wanted whatever is switched off: every result shows a picture."""


def stages_of(channels: Iterable[Channel]) -> frozenset[Stage]:
    """The stages that some channels need, with those whose artifacts these read."""
    wanted = set(ALWAYS).union(*(STAGES[channel] for channel in channels))
    for stage in list(wanted):
        before = REQUIRES[stage]
        while before is not None:
            wanted.add(before)
            before = REQUIRES[before]
    return frozenset(wanted)
