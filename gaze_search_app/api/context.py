"""What the routes work with: the workspace and the engine that the pages use, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.workspace import Workspace
from gaze_search_app.search.engine import Engine


@dataclass(frozen=True)
class Context:
    """Gives what is in force now: the settings may change while the server runs."""

    workspace: Callable[[], Workspace]
    engine: Callable[[], Engine]


def _workspace(request: Request) -> Workspace:
    context: Context = request.app.state.context
    return context.workspace()


def _engine(request: Request) -> Engine:
    context: Context = request.app.state.context
    return context.engine()


def _video(
    fingerprint: Annotated[str, Path(description="As `/api/videos` tells it.")], space: Space
) -> VideoRow:
    video = space.catalog.videos.get(fingerprint)
    if video is None or not video.files:
        raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
    return video


Space = Annotated[Workspace, Depends(_workspace)]
Search = Annotated[Engine, Depends(_engine)]
KnownVideo = Annotated[VideoRow, Depends(_video)]
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
