"""The partitions: one a video, named by its fingerprint; and grouping videos into runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from gaze_pipeline.states import Stage

videos = dg.DynamicPartitionsDefinition(name="videos")

MAX_BATCH = 16
MAX_BATCH_MS = 60 * 60 * 1000


@dataclass(frozen=True)
class Candidate:
    """A video with work to do: its stages, its length, and whether an attempt at them failed."""

    fingerprint: str
    stages: frozenset[Stage]
    duration_ms: int
    tried: bool = False


@dataclass(frozen=True)
class Batch:
    """Videos that one run takes on: neighbours in the order of the partitions, same stages."""

    fingerprints: tuple[str, ...]
    stages: tuple[Stage, ...]

    @property
    def first(self) -> str:
        """The partition that the run starts with."""
        return self.fingerprints[0]

    @property
    def last(self) -> str:
        """The partition that the run ends with."""
        return self.fingerprints[-1]


def batches(
    order: Sequence[str], candidates: Mapping[str, Candidate], slots: int = 2
) -> Iterator[Batch]:
    """Group candidates into runs, in the order of the partitions.

    A run covers a range of partitions, so it holds neighbours only. A small backlog is spread over
    `slots` runs, a large one goes in batches of at most `MAX_BATCH` videos or about an hour of video,
    and what was tried before goes alone, so that it cannot cost its neighbours a second time.
    """
    size = min(MAX_BATCH, -(-len(candidates) // slots))
    group: list[Candidate] = []
    for key in order:
        candidate = candidates.get(key)
        if group and not (candidate and _joins(group, candidate, size)):
            yield _batch(group)
            group = []
        if candidate:
            group.append(candidate)
    if group:
        yield _batch(group)


def _joins(group: list[Candidate], candidate: Candidate, size: int) -> bool:
    return (
        len(group) < size
        and candidate.stages == group[0].stages
        and not (candidate.tried or group[0].tried)
        and sum(member.duration_ms for member in group) + candidate.duration_ms <= MAX_BATCH_MS
    )


def _batch(group: list[Candidate]) -> Batch:
    stages = tuple(stage for stage in Stage if stage in group[0].stages)
    return Batch(tuple(member.fingerprint for member in group), stages)
