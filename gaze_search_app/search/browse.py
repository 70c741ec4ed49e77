"""Reading a snapshot apart from searching: what there is to filter by, and one video at a time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.snapshot_reader import Snapshot


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class LabelCount(_Frozen):
    """A detected label, and in how many frames and videos it is seen."""

    label: str
    frames: int
    videos: int


class LibraryCount(_Frozen):
    """A library as published."""

    name: str
    videos: int
    duration_ms: int


class TranscriptLine(_Frozen):
    """A spoken line; times in ms from the start of the video."""

    start_ms: int
    end_ms: int
    text: str
    language: str


class FrameMark(_Frozen):
    """A sampled frame and what is detected in it."""

    frame_index: int
    timestamp_ms: int
    labels: list[str]


class VideoInfo(_Frozen):
    """A video: its facts, its files, and why a channel cannot search it, if so."""

    fingerprint: str
    state: str
    duration_ms: int
    width: int | None
    height: int | None
    fps: float | None
    container: str | None
    video_codec: str | None
    audio_codec: str | None
    created: str | None
    camera: str | None
    place: str | None
    transcript_reason: str | None
    visual_reason: str | None
    labels_reason: str | None
    libraries: list[str]
    paths: list[Path]


def labels(snapshot: Snapshot) -> list[LabelCount]:
    """Every detected label, the commonest first."""
    rows = snapshot.rows(
        """SELECT label, count(DISTINCT (fingerprint, frame_index)) AS frames,
                  count(DISTINCT fingerprint)
           FROM detections GROUP BY label ORDER BY frames DESC, label"""
    )
    return [LabelCount(label=label, frames=frames, videos=videos) for label, frames, videos in rows]


def libraries(snapshot: Snapshot) -> list[LibraryCount]:
    """Every library that holds a video, by name."""
    rows = snapshot.rows(
        """SELECT library, count(*), sum(duration_ms)
           FROM (SELECT DISTINCT library, fingerprint FROM files) JOIN videos USING (fingerprint)
           GROUP BY library ORDER BY library"""
    )
    return [LibraryCount(name=name, videos=videos, duration_ms=ms) for name, videos, ms in rows]


def transcript(snapshot: Snapshot, fingerprint: str) -> list[TranscriptLine]:
    """What is said in a video, in order."""
    rows = snapshot.rows(
        """SELECT start_ms, end_ms, text, language FROM segments
           WHERE fingerprint = $fingerprint ORDER BY start_ms, segment_index""",
        {"fingerprint": fingerprint},
    )
    return [
        TranscriptLine(start_ms=start, end_ms=end, text=text, language=language)
        for start, end, text, language in rows
    ]


def frames(snapshot: Snapshot, fingerprint: str) -> list[FrameMark]:
    """The sampled frames of a video, in order."""
    rows = snapshot.rows(
        """SELECT frame_index, any_value(f.timestamp_ms),
                  coalesce(list(DISTINCT label ORDER BY label) FILTER (label IS NOT NULL), [])
           FROM frames f LEFT JOIN detections USING (fingerprint, frame_index)
           WHERE fingerprint = $fingerprint GROUP BY frame_index ORDER BY frame_index""",
        {"fingerprint": fingerprint},
    )
    return [
        FrameMark(frame_index=index, timestamp_ms=timestamp, labels=seen)
        for index, timestamp, seen in rows
    ]


def video(snapshot: Snapshot, fingerprint: str) -> VideoInfo:
    """One video. Raises GazeError(VIDEO_UNKNOWN) when it is not in the snapshot."""
    columns = [name for name in VideoInfo.model_fields if name not in ("libraries", "paths")]
    rows = snapshot.rows(
        f"SELECT {', '.join(columns)} FROM videos WHERE fingerprint = $fingerprint",
        {"fingerprint": fingerprint},
    )
    if not rows:
        raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
    files: list[tuple[str, bytes]] = snapshot.rows(
        "SELECT library, path_bytes FROM files WHERE fingerprint = $fingerprint ORDER BY path",
        {"fingerprint": fingerprint},
    )
    facts: dict[str, Any] = dict(zip(columns, rows[0], strict=True))
    return VideoInfo(
        **facts,
        libraries=sorted({library for library, _ in files}),
        paths=[Path(os.fsdecode(path)) for _, path in files],
    )
