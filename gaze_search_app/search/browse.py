"""What a snapshot can be filtered by."""

from __future__ import annotations

from dataclasses import dataclass

from gaze_pipeline.store.snapshot_reader import Snapshot


@dataclass(frozen=True)
class LabelCount:
    """A detected label, and in how many frames and videos it is seen."""

    label: str
    frames: int
    videos: int


@dataclass(frozen=True)
class LibraryCount:
    """A library as published."""

    name: str
    videos: int
    duration_ms: int


def labels(snapshot: Snapshot) -> list[LabelCount]:
    """Every detected label, the commonest first."""
    rows = snapshot.rows(
        """SELECT label, count(DISTINCT (fingerprint, frame_index)) AS frames,
                  count(DISTINCT fingerprint)
           FROM detections GROUP BY label ORDER BY frames DESC, label"""
    )
    return [LabelCount(*row) for row in rows]


def libraries(snapshot: Snapshot) -> list[LibraryCount]:
    """Every library that holds a video, by name."""
    rows = snapshot.rows(
        """SELECT library, count(*), sum(duration_ms)::BIGINT
           FROM (SELECT DISTINCT library, fingerprint FROM files) JOIN videos USING (fingerprint)
           GROUP BY library ORDER BY library"""
    )
    return [LibraryCount(*row) for row in rows]
