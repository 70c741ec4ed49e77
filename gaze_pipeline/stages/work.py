"""What every stage is: a recipe, the model it needs, and a function from a video to a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.workspace import Workspace

OnProgress = Callable[[float], None]
"""Takes how much of the work is done, 0..1."""


@dataclass(frozen=True)
class Product:
    """A stage's table; `damage` says why it covers only a part of the video."""

    table: pa.Table
    damage: str | None = None


class StageWork(Protocol):
    """One stage: a module of this package with these names."""

    MODEL: Kind | None
    """The kind of model that the stage runs, if any."""

    def recipe(self, workspace: Workspace) -> Recipe:
        """What decides the result apart from the video."""

    def make(self, fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
        """Do the work. Raises GazeError."""


def source(fingerprint: str, workspace: Workspace) -> Path:
    """A file that holds the video and has not changed since it was seen.

    Raises GazeError(FILE_NOT_FOUND | FILE_UNSTABLE | VIDEO_UNKNOWN).
    """
    video = workspace.catalog.videos.get(fingerprint)
    if video is None:
        raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
    path = find_source(video)
    if path is None:
        changed = any(file.path.exists() for file in video.files)
        raise GazeError(
            ErrorCode.FILE_UNSTABLE if changed else ErrorCode.FILE_NOT_FOUND, video.path
        )
    return path


def find_source(video: VideoRow) -> Path | None:
    """A file that holds the video as it was seen, if one is there."""
    for file in video.files:
        try:
            stat = file.path.stat()
        except OSError:
            continue
        if (stat.st_size, stat.st_mtime_ns) == (file.size, file.mtime_ns):
            return file.path
    return None


def frame_recipe(settings: Settings) -> Recipe:
    """The recipe of the sampled frames, on which embeddings and detections depend too."""
    return Recipe(
        parameters={
            "every_ms": settings.frames.every_ms,
            "thumbnail_px": settings.frames.thumbnail_px,
            "jpeg_quality": settings.frames.jpeg_quality,
        }
    )


def model_recipe(workspace: Workspace, kind: Kind, recipe: Recipe) -> Recipe:
    """The recipe of a stage that runs the model of a kind over what `recipe` made."""
    spec = workspace.models.spec(kind)
    return Recipe(spec.id, {**spec.params, **recipe.parameters})
