"""Asking the system to have files in memory by the time they are read here and there."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import psutil

SHARE = 4
"""Files that would take more than one in so many parts of the memory that is free are left to themselves."""


def read_ahead(files: Collection[Path]) -> None:
    """Have files read into the system's cache, where it can be told to and there is room.

    It is advice: where a file is gone or cannot be read, nothing is lost.
    """
    if not hasattr(os, "posix_fadvise"):  # macOS, Windows
        return
    with suppress(OSError):
        if sum(file.stat().st_size for file in files) > psutil.virtual_memory().available / SHARE:
            return
        for file in files:
            with file.open("rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
