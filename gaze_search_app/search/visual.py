"""The visual channel: frames whose vectors lie near the query's, with a score that means something."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.calibration import Background, Vector, calibrate
from gaze_search_app.search.hits import FrameHit

MOST = 500
"""The nearest frames that become moments."""
BACKGROUND_FRAMES = 4096
_KEPT = 0.5


def search(
    snapshot: Snapshot,
    vector: Vector,
    background: Background,
    fingerprints: Sequence[str] | None,
    labels: Sequence[str],
) -> list[FrameHit]:
    """The frames nearest to a query's vector, among these videos, that show any of these labels."""
    if snapshot.vectors is None:
        return []
    found = snapshot.vectors.nearest(vector, MOST, labels, fingerprints)
    calibration = calibrate(vector, background)
    return [
        FrameHit(fingerprint, start_ms, end_ms, frame_index, calibration.score(cosine))
        for fingerprint, start_ms, end_ms, frame_index, cosine in _timed(snapshot, found)
    ]


def telling(hits: Sequence[FrameHit], least: float = 0.0) -> list[FrameHit]:
    """The hits at least half as good as the best one, and no worse than `least`."""
    best = max((hit.score for hit in hits), default=0.0)
    return [hit for hit in hits if hit.score >= max(_KEPT * best, least)]


def _timed(snapshot: Snapshot, found: pa.Table) -> list[tuple[str, int, int, int, float]]:
    """The found frames with the time for which each stands."""
    return snapshot.rows(
        """SELECT fingerprint, frames.timestamp_ms, until_ms, frame_index, cosine
           FROM found JOIN frames USING (fingerprint, frame_index)""",
        found=found,
    )
