"""When something is said, written or seen in a video: what the player draws over its whole length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa

from gaze_pipeline.channels import Channel
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace
from gaze_search_app.frames import read_frames

FINEST = 400
"""Gaps shorter than this part of a video are not drawn: they would be about a pixel wide."""

Span = tuple[int, int]


class Kind(StrEnum):
    """What a lane tells of."""

    SPOKEN = "spoken"
    WRITTEN = "written"
    SEEN = "seen"


@dataclass(frozen=True)
class Lane:
    """When one thing is there: `spans` are [start, end) in ms, in order and apart; `total_ms` sums them."""

    kind: Kind
    name: str
    spans: tuple[Span, ...]
    total_ms: int


@dataclass(frozen=True)
class Timeline:
    """A video from end to end: `frames` are the index and time (ms) of each sampled one."""

    duration_ms: int
    frames: tuple[tuple[int, int], ...]
    lanes: tuple[Lane, ...]


def read_timeline(workspace: Workspace, fingerprint: str) -> Timeline:
    """What is known of a video so far, speech first, then text, then labels, the longest seen first.

    Raises GazeError(VIDEO_UNKNOWN).
    """
    video = workspace.catalog.videos.get(fingerprint)
    if video is None:
        raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
    duration_ms, channels = video.duration_ms, workspace.settings.channels.on
    frames = read_frames(workspace, fingerprint)
    lanes: list[Lane | None] = []
    if Channel.SPEECH in channels:
        lines = _read(workspace, fingerprint, Stage.TRANSCRIPT)
        lanes.append(_lane(Kind.SPOKEN, "Speech", lines, duration_ms))
    if Channel.TEXT in channels:
        texts = _read(workspace, fingerprint, Stage.TEXTS)
        lanes.append(_lane(Kind.WRITTEN, "Text", texts, duration_ms))
    if Channel.LABELS in channels:
        seen = _seen(workspace, fingerprint, frames, duration_ms)
        lanes += [_lane(Kind.SEEN, label, spans, duration_ms) for label, spans in seen.items()]
    order = list(Kind)
    told = sorted(
        filter(None, lanes), key=lambda lane: (order.index(lane.kind), -lane.total_ms, lane.name)
    )
    return Timeline(duration_ms, tuple(frames), tuple(told))


def _read(workspace: Workspace, fingerprint: str, stage: Stage) -> list[Span]:
    """When each line of a stage is there; none where it is not made."""
    try:
        table = workspace.artifacts.read(fingerprint, stage, ["start_ms", "end_ms"])
    except GazeError:
        return []
    return _pairs(table, "start_ms", "end_ms")


def _seen(
    workspace: Workspace, fingerprint: str, frames: list[tuple[int, int]], duration_ms: int
) -> dict[str, list[Span]]:
    """When each label is on screen: from a frame that shows it to the next."""
    try:
        table = workspace.artifacts.read(fingerprint, Stage.DETECTIONS, ["label", "timestamp_ms"])
    except GazeError:
        return {}
    times = [ms for _, ms in frames]
    until = (
        dict(zip(times, [*times[1:], max(duration_ms, times[-1])], strict=True)) if times else {}
    )
    found: dict[str, list[Span]] = {}
    for label, ms in _pairs(table, "label", "timestamp_ms"):
        found.setdefault(label, []).append((ms, until.get(ms, ms)))
    return found


def _pairs(table: pa.Table, one: str, other: str) -> list[tuple[Any, Any]]:
    return list(zip(table[one].to_pylist(), table[other].to_pylist(), strict=True))


def _lane(kind: Kind, name: str, spans: Iterable[Span], duration_ms: int) -> Lane | None:
    joined = _joined(spans, duration_ms // FINEST)
    total_ms = sum(end - start for start, end in joined)
    return Lane(kind, name, tuple(joined), total_ms) if joined else None


def _joined(spans: Iterable[Span], gap_ms: int) -> list[Span]:
    """The spans in order, those that overlap or lie no further apart than a gap in one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1] + gap_ms:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
