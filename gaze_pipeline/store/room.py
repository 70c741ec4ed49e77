"""Room on the disk: a reserve that Gaze leaves free, for everything else that needs the disk too."""

from __future__ import annotations

import shutil
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.paths import DataPaths

MIB = 1024 * 1024


def shortage(paths: DataPaths, reserve_mb: int) -> str | None:
    """How much too little is free on the data root's disk, for people; None while there is room."""
    free = shutil.disk_usage(_existing(paths.root)).free
    if free >= reserve_mb * MIB:
        return None
    return f"{free // MIB} MiB free, {reserve_mb} MiB are kept in reserve ([storage] reserve_mb)"


def require_room(paths: DataPaths, reserve_mb: int) -> None:
    """Raise GazeError(DISK_FULL) when less than the reserve is free on the data root's disk."""
    short = shortage(paths, reserve_mb)
    if short is not None:
        raise GazeError(ErrorCode.DISK_FULL, paths.root, short)


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
