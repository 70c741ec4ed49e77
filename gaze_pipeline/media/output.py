"""Opening a media file for writing, with the failures of a disk told in the house's words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import OutputContainer

from gaze_pipeline.errors import ErrorCode, GazeError


@contextmanager
def writing(
    out: Path, container_format: str, options: dict[str, str] | None = None
) -> Iterator[OutputContainer]:
    """An open muxer on `out`. Raises GazeError DISK_FULL or FILE_UNREADABLE where it fails."""
    try:
        with av.open(
            str(out.absolute()), "w", format=container_format, container_options=options or {}
        ) as container:
            yield container
    except OSError as error:
        raise unwritable(out, error) from error


def write_durably(path: Path, content: bytes) -> None:
    """Write a file and sync it to the disk. Raises GazeError as `writing` does."""
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(out: Path, error: OSError) -> GazeError:
    """The GazeError for a failed write."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    code = ErrorCode.DISK_FULL if full else ErrorCode.FILE_UNREADABLE
    return GazeError(code, out, error.strerror or str(error))
