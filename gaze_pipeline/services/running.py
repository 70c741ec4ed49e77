"""The one supervisor of a data root: its lock, and the notes by which it and its services are found."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from filelock import FileLock, Timeout

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.gate import Access
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.catalog.processes import alive, this_process
from gaze_pipeline.store.paths import DataPaths, write_whole

NOTE_WAIT_S = 5.0
"""How long after taking the lock a supervisor may need to write its note."""


@contextmanager
def only_one(paths: DataPaths) -> Iterator[None]:
    """Hold the data root's lock, which the system releases when this process ends in any way.

    Raises GazeError(ALREADY_RUNNING) with the address of the one that holds it.
    """
    lock = FileLock(paths.run / "up.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        address = _awaited_url(paths)
        raise GazeError(ErrorCode.ALREADY_RUNNING, address or paths.root) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def noted(settings: Settings) -> Iterator[None]:
    """Within the block others find these services, by this process's id and start time."""
    me = psutil.Process()
    note = {
        "pid": me.pid,
        "started": me.create_time(),
        "search_port": settings.services.search_port,
        "dagster_port": settings.services.dagster_port,
    }
    path = settings.paths.run / "services.json"
    write_whole(path, json.dumps(note).encode())
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running_url(paths: DataPaths) -> str | None:
    """The search page's address, when the services of the data root are running."""
    note = _note(paths)
    if note is None or not alive(note.get("pid"), note.get("started")):
        return None
    return Access.open(paths).url(note["search_port"])


def crashed(paths: DataPaths) -> bool:
    """Whether the last supervisor of the data root was killed: its services may just be ending."""
    note = _note(paths)
    return note is not None and not alive(note.get("pid"), note.get("started"))


def say_at_work(paths: DataPaths, service: str) -> None:
    """This process does the work of a service from now on; for one that has no page to be asked for."""
    write_whole(paths.run / f"{service}.json", json.dumps(this_process()).encode())


def is_at_work(paths: DataPaths, service: str) -> bool:
    """Whether a process that lives has said so."""
    try:
        pid, started = json.loads((paths.run / f"{service}.json").read_bytes())
    except (OSError, ValueError):
        return False
    return alive(pid, started)


def _note(paths: DataPaths) -> dict[str, Any] | None:
    try:
        note = json.loads((paths.run / "services.json").read_bytes())
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and "search_port" in note else None


def _awaited_url(paths: DataPaths) -> str | None:
    """The address, also of services that are just being started."""
    deadline = time.monotonic() + NOTE_WAIT_S
    while (url := running_url(paths)) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    return url
