"""A video's identity: a hash of its size, its first and its last 64 KiB."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError

EDGE_BYTES = 64 * 1024


def fingerprint(path: Path) -> str:
    """The first 16 hex digits of SHA-256 over size (8 bytes, big-endian), first and last 64 KiB.

    A file shorter than both edges together is hashed whole. Reads at most 128 KiB.
    Raises GazeError(FILE_NOT_FOUND | FILE_UNREADABLE | FILE_EMPTY).
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise GazeError(ErrorCode.FILE_EMPTY, path)
            digest = hashlib.sha256(size.to_bytes(8, "big"))
            if size <= 2 * EDGE_BYTES:
                digest.update(file.read())
            else:
                digest.update(file.read(EDGE_BYTES))
                file.seek(-EDGE_BYTES, os.SEEK_END)
                digest.update(file.read(EDGE_BYTES))
    except FileNotFoundError as error:
        raise GazeError(ErrorCode.FILE_NOT_FOUND, path) from error
    except OSError as error:
        raise GazeError(ErrorCode.FILE_UNREADABLE, path, error.strerror or "") from error
    return digest.hexdigest()[:16]
