"""Searching by example: a picture somebody gives, or a frame that is in the library."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import GazeError
from gaze_pipeline.media.images import glance
from gaze_pipeline.media.likeness import LONG_SIDE, Grid, grid, within
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search import visual
from gaze_search_app.search.calibration import Background, Vector, logistic
from gaze_search_app.search.hits import FrameHit, in_order
from gaze_search_app.search.moments import Stretch

COMPARED = 100
"""So many of the frames that are most alike are compared picture by picture."""
_SAME, _SHARPNESS = 0.9, 40.0
"""The correlation from which two pictures are rather the same than not, and how sharply that turns."""


@dataclass(frozen=True)
class Example:
    """What a search is by: `vectors` [n, dimensions] of a picture's views, of which any will do.

    `background` is what their cosines are judged against. `grids` are the views as they are compared with
    thumbnails (see `media.likeness`); `shot` is the (fingerprint, shot) of a frame of the library, which is
    not to be found again.
    """

    vectors: Vector
    background: Background
    grids: tuple[Grid, ...] = ()
    shot: tuple[str, int] | None = None

    def frames(
        self, snapshot: Snapshot, fingerprints: Sequence[str] | None, labels: Collection[str]
    ) -> list[FrameHit]:
        """The frames like the example, best first, among these videos, that show any of these labels.

        What a model holds for alike is half of the proof: the other half is that it is the same picture.
        """
        answers = [
            visual.search(snapshot, vector, self.background, fingerprints, labels)
            for vector in self.vectors
        ]
        hits = [hit for hit in visual.best_of(answers) if (hit.fingerprint, hit.shot) != self.shot]
        hits.sort(key=lambda hit: -hit.score)
        if not self.grids:
            return hits
        same = self._same(hits[:COMPARED], snapshot)
        proven = [replace(hit, score=_together(hit.score, 0.0)) for hit in hits[COMPARED:]]
        for hit, score in zip(hits, same.tolist(), strict=False):
            proven.append(replace(hit, score=_together(hit.score, score)))
        return sorted(proven, key=lambda hit: -hit.score)

    def _same(self, hits: Sequence[FrameHit], snapshot: Snapshot) -> npt.NDArray[np.float64]:
        """How surely the picture is that of each hit, or a part of it (0..1); NaN where there is none."""
        seen: dict[int, Grid] = {}
        for at, hit in enumerate(hits):
            try:
                jpeg = snapshot.thumbnail(hit.fingerprint, hit.frame_index)
                seen[at] = grid(glance(jpeg, LONG_SIDE))
            except (GazeError, OSError):
                continue
        same = np.full(len(hits), np.nan)
        if seen:
            best = np.max([within(view, list(seen.values())) for view in self.grids], axis=0)
            same[list(seen)] = logistic(_SHARPNESS * (best - _SAME))
        return same


def one_a_shot(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The stretches that show anything, of those that are best seen in the same shot only the best."""
    best: dict[tuple[str, int], Stretch] = {}
    for stretch in stretches:
        if stretch.frames:
            key = stretch.fingerprint, _peak(stretch).shot
            if key not in best or _peak(stretch).score > _peak(best[key]).score:
                best[key] = stretch
    return in_order(best.values())


def _peak(stretch: Stretch) -> FrameHit:
    return max(stretch.frames, key=lambda frame: frame.score)


def steered(frames: Sequence[FrameHit], described: Sequence[FrameHit]) -> list[FrameHit]:
    """Frames that are like an example, each worth half as much where it is not as described, too."""
    fit = {(hit.fingerprint, hit.frame_index): hit.score for hit in described}
    return [
        replace(hit, score=hit.score * (1 + fit.get((hit.fingerprint, hit.frame_index), 0.0)) / 2)
        for hit in frames
    ]


def _together(alike: float, same: float) -> float:
    """One score of two proofs: their mean, or half of it and half that it is the same, if that is better.

    What is only alike stays weak: measured, a model that knows little finds photographs of anything alike.
    Where there is no picture to compare with (NaN), likeness is all there is.
    """
    if math.isnan(same):
        return alike
    mean = (alike + same) / 2
    return max(mean, (same + mean) / 2)
