"""Feeding sampled frames to a model: read in batches, progress reported, what looks the same only once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.images import decode_jpeg, glance
from gaze_pipeline.stages.work import OnProgress
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace

BATCH = 16
"""At least so many pictures are handed on at once, however few a model takes up."""
_GLANCE_PX = 32
_SAME = 4.0
"""How far a glance at a picture may be off at its most different place, of 255, and show the same: a still
slide encoded anew is off by 2, an empty room by 3.5, and by 7 where somebody moves in it far away."""


@dataclass(frozen=True)
class Thumbnail:
    """A sampled frame; `image` is H x W x 3 uint8 RGB."""

    frame_index: int
    timestamp_ms: int
    image: NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """A picture to look at, uint8 [height, width, 3] RGB, and all frames in a row that show it.

    `frames` are their indices and their times in ms.
    """

    image: NDArray[np.uint8]
    frames: list[tuple[int, int]] = field(default_factory=list)


def looks(
    fingerprint: str, workspace: Workspace, on_progress: OnProgress, at_once: int
) -> Iterator[list[Look]]:
    """The pictures of a video, `at_once` or more at a time; frames that show the same picture share one.

    Each frame is compared with the picture, not with the frame before it: what changes slowly is another
    one in the end. Raises GazeError(ARTIFACT_CORRUPT).
    """
    rows = workspace.artifacts.read(fingerprint, Stage.FRAMES).to_pylist()
    folder = workspace.paths.video(fingerprint)
    batch: list[Look] = []
    shown: NDArray[np.float32] | None = None
    for done, row in enumerate(rows):
        thumbnail = folder / row["thumbnail"]
        seen = _cells(glance(thumbnail, _GLANCE_PX))
        if shown is None or shown.shape != seen.shape or np.abs(seen - shown).max() > _SAME:
            if len(batch) == max(BATCH, at_once):
                yield batch
                on_progress(done / len(rows))
                batch = []
            shown = seen
            batch.append(Look(decode_jpeg(thumbnail)))
        batch[-1].frames.append((row["frame_index"], row["timestamp_ms"]))
    if batch:
        yield batch
        on_progress(1.0)


def _cells(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean colours of two by two pixels each: float32 [height / 2, width / 2, 3]."""
    height, width = (size // 2 * 2 for size in picture.shape[:2])
    even = picture[:height, :width].astype(np.float32)
    cells: NDArray[np.float32] = even.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
    return cells


def batches(
    fingerprint: str, workspace: Workspace, on_progress: OnProgress
) -> Iterator[list[Thumbnail]]:
    """The frames of a video, `BATCH` at a time. Raises GazeError(ARTIFACT_CORRUPT)."""
    rows = workspace.artifacts.read(fingerprint, Stage.FRAMES).to_pylist()
    folder = workspace.paths.video(fingerprint)
    for start in range(0, len(rows), BATCH):
        batch = []
        for row in rows[start : start + BATCH]:
            try:
                image = decode_jpeg((folder / row["thumbnail"]).read_bytes())
            except (OSError, ValueError) as error:
                raise GazeError(
                    ErrorCode.ARTIFACT_CORRUPT, folder / row["thumbnail"], str(error)
                ) from error
            batch.append(Thumbnail(row["frame_index"], row["timestamp_ms"], image))
        yield batch
        on_progress((start + len(batch)) / len(rows))


def damage(fingerprint: str, workspace: Workspace) -> str | None:
    """Why the frames cover only a part of the video, if so."""
    info = workspace.artifacts.info(fingerprint, Stage.FRAMES)
    return info.damage if info else None
