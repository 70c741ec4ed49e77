"""The videos that a person names on the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.catalog.rows import FileRow, VideoRow
from gaze_pipeline.workspace import Workspace


@dataclass(frozen=True)
class Named:
    """What was named: videos, and files that could not be taken up."""

    videos: list[VideoRow]
    refused: list[FileRow]


def named(workspace: Workspace, names: Sequence[str], every: bool = False) -> Named:
    """What these paths, folders, fingerprints or libraries stand for; with `every`, all there is.

    Raises GazeError(VIDEO_UNKNOWN | ARGUMENT_INVALID).
    """
    if bool(names) == every:
        wanted = "name videos or libraries, or give --all"
        raise GazeError(ErrorCode.ARGUMENT_INVALID, detail=wanted)
    videos, refused = workspace.catalog.videos.all(), workspace.catalog.refused()
    if every:
        return Named(videos, refused)
    found: dict[str, VideoRow] = {}
    files: dict[Path, FileRow] = {}
    for name in names:
        places = {Path(os.path.abspath(name)), Path(name).resolve()}
        chosen = [video for video in videos if _is_video(video, name, places)]
        unread = [file for file in refused if _is_file(file, name, places)]
        if not (
            chosen or unread or name in {library.name for library in workspace.settings.libraries}
        ):
            raise GazeError(ErrorCode.VIDEO_UNKNOWN, name)
        found |= {video.fingerprint: video for video in chosen}
        files |= {file.path: file for file in unread}
    return Named(list(found.values()), list(files.values()))


def _is_video(video: VideoRow, name: str, places: set[Path]) -> bool:
    return name == video.fingerprint or any(_is_file(file, name, places) for file in video.files)


def _is_file(file: FileRow, name: str, places: set[Path]) -> bool:
    return name == file.library or not places.isdisjoint((file.path, *file.path.parents))
