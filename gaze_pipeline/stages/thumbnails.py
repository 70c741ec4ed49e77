"""Feeding sampled frames to a model: read in batches, progress reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.images import decode_jpeg
from gaze_pipeline.stages.work import OnProgress
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace

BATCH = 16


@dataclass(frozen=True)
class Thumbnail:
    """A sampled frame; `image` is H x W x 3 uint8 RGB."""

    frame_index: int
    timestamp_ms: int
    image: NDArray[np.uint8]


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
