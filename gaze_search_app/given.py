"""Examples as a person gives them on the command line: a picture file, a place in a video."""

from __future__ import annotations

import os
import re
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.catalog import Catalog
from gaze_search_app.search.model import FrameRef
from gaze_search_app.search.picture import MAX_BYTES

_PLACE = re.compile(r"(?P<video>.+)@(?P<time>(?:\d+:){0,2}\d+(?:\.\d+)?)", re.DOTALL)


def picture_of(path: Path) -> bytes:
    """The content of a picture file. Raises GazeError(FILE_NOT_FOUND | FILE_UNREADABLE)."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise GazeError(ErrorCode.FILE_NOT_FOUND, path) from error
    except OSError as error:
        raise GazeError(ErrorCode.FILE_UNREADABLE, path, str(error)) from error


def frame_of(catalog: Catalog, text: str) -> FrameRef:
    """The frame that `VIDEO@TIME` names: a path or fingerprint, and seconds or h:mm:ss.

    Raises GazeError(ARGUMENT_INVALID | VIDEO_UNKNOWN).
    """
    match = _PLACE.fullmatch(text)
    if match is None:
        raise GazeError(ErrorCode.ARGUMENT_INVALID, "--like", "VIDEO@TIME, as in film.mp4@1:23")
    seconds = 0.0
    for part in match["time"].split(":"):
        seconds = 60 * seconds + float(part)
    fingerprint = fingerprint_of(catalog, match["video"])
    return FrameRef(fingerprint=fingerprint, at_ms=round(1000 * seconds))


def fingerprint_of(catalog: Catalog, video: str) -> str:
    """The fingerprint of a video that is named by it or by a path. Raises GazeError(VIDEO_UNKNOWN)."""
    paths = {Path(os.path.abspath(video)), Path(video).resolve()}
    for file in catalog.files.all():
        if file.fingerprint is not None and (file.fingerprint == video or file.path in paths):
            return file.fingerprint
    raise GazeError(ErrorCode.VIDEO_UNKNOWN, video)
