"""Whether a process that the catalog names still runs."""

from __future__ import annotations

import functools
import os
from typing import NamedTuple

import psutil


class Process(NamedTuple):
    """A process by id and start (seconds since the epoch): an id alone may be given to another."""

    pid: int
    started: float


def this_process() -> Process:
    """The process that asks."""
    return _process(os.getpid())


@functools.cache
def _process(pid: int) -> Process:
    return Process(pid, psutil.Process(pid).create_time())


def alive(pid: int | None, started: float | None) -> bool:
    """Whether that very process runs; one that is dead but not yet collected does not."""
    if pid is None:
        return False
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - (started or 0)) < 1
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
