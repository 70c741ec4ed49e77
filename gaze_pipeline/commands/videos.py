"""The videos that a person names on the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.workspace import Workspace


def named(workspace: Workspace, names: Sequence[str], every: bool = False) -> list[VideoRow]:
    """The videos of these paths, fingerprints, folders or libraries; with `every`, all there are.

    Raises GazeError(VIDEO_UNKNOWN | ARGUMENT_INVALID).
    """
    if bool(names) == every:
        wanted = "name videos or libraries, or give --all"
        raise GazeError(ErrorCode.ARGUMENT_INVALID, detail=wanted)
    videos = workspace.catalog.videos.all()
    if every:
        return videos
    libraries = {library.name for library in workspace.settings.libraries}
    found: dict[str, VideoRow] = {}
    for name in names:
        matching = [video for video in videos if _is_named(video, name)]
        if not matching and name not in libraries:
            raise GazeError(ErrorCode.VIDEO_UNKNOWN, name)
        found |= {video.fingerprint: video for video in matching}
    return list(found.values())


def _is_named(video: VideoRow, name: str) -> bool:
    paths = {Path(os.path.abspath(name)), Path(name).resolve()}
    return (
        name == video.fingerprint
        or name in video.libraries
        or any(path in (file.path, *file.path.parents) for path in paths for file in video.files)
    )
