"""Looking through a library's folder: which video files lie there now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.settings import Library


@dataclass(frozen=True)
class SeenFile:
    """A file as it lies on the disk now."""

    path: Path
    size: int
    mtime_ns: int


def walk(
    library: Library, suffixes: set[str], on_unreadable: Callable[[Path, OSError], None]
) -> Iterator[SeenFile]:
    """Every visible file with one of the lower-case `suffixes`, sorted within its folder.

    Follows links, each real folder once, so that loops end. What cannot be read is reported and
    passed over. Hidden files and folders are left out.
    """
    yield from _walk(library.path, library.recursive, suffixes, on_unreadable, set())


def is_online(library: Library) -> bool:
    """Whether the folder is there with something in it; an unplugged disk leaves none or an empty one."""
    try:
        with os.scandir(library.path) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _walk(
    folder: Path,
    recursive: bool,
    suffixes: set[str],
    on_unreadable: Callable[[Path, OSError], None],
    visited: set[tuple[int, int]],
) -> Iterator[SeenFile]:
    try:
        stat = folder.stat()
        if (stat.st_dev, stat.st_ino) in visited:
            return
        visited.add((stat.st_dev, stat.st_ino))
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        on_unreadable(folder, error)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        try:
            if entry.is_dir():
                if recursive:
                    yield from _walk(path, recursive, suffixes, on_unreadable, visited)
            elif entry.is_file() and path.suffix.lower() in suffixes:
                stat = entry.stat()
                yield SeenFile(path, stat.st_size, stat.st_mtime_ns)
        except OSError as error:
            on_unreadable(path, error)
