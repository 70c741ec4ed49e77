"""Frames of videos seen closely: a short video is decoded once for all that it is compared with."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gaze_pipeline.duplicates.reel import GLANCE_PX, Ints, luma_of
from gaze_pipeline.errors import GazeError
from gaze_pipeline.media.decoder import Decoder
from gaze_pipeline.media.extracts import frame_name
from gaze_pipeline.media.images import glance

Seen = tuple[Ints, npt.NDArray[np.uint8]]
"""Times [n] ms, and the luma of the frame shown at each as `Reel.luma` has it."""

Look = Callable[[Sequence[int]], Seen | None]
"""Gives the frames of a video that are shown at some times (ms, in order); None where it cannot be read."""

SHORT_MS = 20_000
"""Of a video up to this long, looking around a few moments is decoding most of it."""
STEP_MS = 100
KEPT = 32
"""So many short videos are kept, of 1 MB each."""


class Looks:
    """Shows videos frame by frame; pictures that are decoded lie in `scratch` meanwhile."""

    def __init__(self, decoder: Decoder, scratch: Path) -> None:
        self._decoder = decoder
        self._scratch = scratch
        self._whole = lru_cache(KEPT)(self._all_of)

    def at(self, path: Path | None, duration_ms: int) -> Look:
        """How to look at the video in a file, if there is one."""

        def look(times_ms: Sequence[int]) -> Seen | None:
            wanted = sorted({time_ms for time_ms in times_ms if time_ms >= 0})
            if path is None or not wanted:
                return None
            if duration_ms > SHORT_MS:
                return self._decoded(path, wanted)
            whole = self._whole(path, duration_ms)
            return None if whole is None else _shown(whole, wanted)

        return look

    def _all_of(self, path: Path, duration_ms: int) -> Seen | None:
        return self._decoded(path, range(0, duration_ms + 1, STEP_MS))

    def _decoded(self, path: Path, wanted: Sequence[int]) -> Seen | None:
        with tempfile.TemporaryDirectory(dir=self._scratch) as place:
            folder = Path(place)
            try:
                extract = self._decoder.write_frames_at(path, folder, wanted, 4 * GLANCE_PX)
                shown = [
                    luma_of(glance(folder / frame_name(index), GLANCE_PX))
                    for index in range(len(extract.timestamps_ms))
                ]
            except (GazeError, OSError):
                return None
        if not shown:
            return None
        return np.array(extract.timestamps_ms, np.int64), np.stack(shown)


def _shown(whole: Seen, wanted: Sequence[int]) -> Seen:
    """The pictures of a video that are nearest to some times."""
    times, luma = whole
    chosen = np.searchsorted(times, np.array(wanted) + STEP_MS // 2, "right") - 1
    return np.array(wanted, np.int64), luma[np.maximum(chosen, 0)]
