"""Temporary files whose writer is dead: removed, or put back where they held the older whole thing."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import Timeout

from gaze_pipeline.settings import Settings
from gaze_pipeline.store import snapshot_files, vector_tables
from gaze_pipeline.store.paths import DataPaths, sync
from gaze_pipeline.store.snapshot import publishing

_TEMPORARY = re.compile(r"^\.(?P<name>.+?)\.(?P<pid>\d+)(?P<old>\.old)?\.tmp")
"""What `store.paths.replacing` and its like write: `.NAME.PID.tmp`, `.NAME.PID.old.tmp`."""
_SLACK_S = 2.0


def put_back(settings: Settings) -> int:
    """Put back folders that were moved aside for new ones that never came; returns how many."""
    count = 0
    for path, found in _abandoned(settings):
        final = path.with_name(found["name"])
        if found["old"] and not final.exists():
            with contextlib.suppress(OSError):
                os.replace(path, final)
                sync(final.parent)
                count += 1
    return count


def remove(settings: Settings) -> int:
    """Remove what dead writers left unfinished; returns how many files and folders that were."""
    removed = [path for path, _ in _abandoned(settings) if _deleted(path)]
    return len(removed) + len(_of_publishers(settings.paths))


def _of_publishers(paths: DataPaths) -> list[Path]:
    """What is left of a publication, unless one is under way now."""
    if not paths.index.is_dir():
        return []
    try:
        with publishing(paths, wait=False):
            return [*snapshot_files.delete_leavings(paths), *vector_tables.delete_leavings(paths)]
    except Timeout:
        return []


def _abandoned(settings: Settings) -> Iterator[tuple[Path, re.Match[str]]]:
    for folder in _folders(settings):
        for path in _entries(folder):
            found = _TEMPORARY.match(path.name)
            if found and not _written_by(int(found["pid"]), path):
                yield path, found


def _folders(settings: Settings) -> Iterator[Path]:
    """Where temporary files are made. Model files on their way in are kept: a download goes on."""
    paths = settings.paths
    yield from (paths.root, paths.run, paths.logs, paths.dagster_home, paths.clips)
    for top in (settings.models_dir, paths.artifacts):
        yield top
        for shelf in _entries(top):
            yield shelf
            yield from _entries(shelf)


def _entries(folder: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(folder)]
    except OSError:
        return []


def _written_by(pid: int, path: Path) -> bool:
    """Whether the process lives that wrote the file: not another that was given its id later."""
    try:
        return bool(psutil.Process(pid).create_time() <= path.stat().st_mtime + _SLACK_S)
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError):
        return True


def _deleted(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
    return not path.exists()
