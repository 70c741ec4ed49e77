"""The visual channel: frames whose vectors lie near the query's, with a score that means something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.hits import FrameHit

Vector = npt.NDArray[np.float32]

MOST = 500
"""The nearest frames that become moments."""
BACKGROUND_FRAMES = 4096
_KEPT = 0.5
_LEAST_SPREAD = 0.02
_MIDDLE = 3.0
_STEEPNESS = 2.0


@dataclass(frozen=True)
class Calibration:
    """What a cosine is worth, judged against the library's own background.

    Cosines of CLIP models live on scales of their own (0.15 to 0.35 for the official one, 0 to 0.9 for
    a small one), so a frame is judged by how far it stands out: its cosine above the median of frames
    drawn evenly from the whole library, in units of their spread, through a logistic curve that passes
    0.5 at three spreads. The best of many frames without anything similar reaches two or three spreads
    by chance; a true match four and more. The spread is at least that of random directions
    in this library and never under 0.02, so that a library of one scene does not magnify noise.
    """

    middle: float
    spread: float

    def score(self, cosine: float) -> float:
        """A cosine's worth, 0..1, rising with it."""
        deviations = (cosine - self.middle) / self.spread
        return float(1 / (1 + np.exp(-_STEEPNESS * (deviations - _MIDDLE))))


def calibrate(query: Vector, background: Vector) -> Calibration:
    """The scale for a query [dimensions] over background frames [n, dimensions], all unit vectors."""
    if not len(background):
        return Calibration(0.0, 1.0)
    cosines = background @ query
    middle = float(np.median(cosines))
    own = middle - float(np.percentile(cosines, 16))
    chance = float(np.sqrt(background.var(axis=0).mean()))
    return Calibration(middle, max(own, chance, _LEAST_SPREAD))


def search(
    snapshot: Snapshot,
    vector: Vector,
    background: Vector,
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
