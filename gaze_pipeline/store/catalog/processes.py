"""Whether a process that the catalog names still runs."""

from __future__ import annotations

import psutil


def alive(pid: int | None, started: float | None) -> bool:
    """Whether that very process runs: a process id alone may have been given to another since."""
    try:
        return pid is not None and abs(psutil.Process(pid).create_time() - (started or 0)) < 1
    except psutil.Error:
        return False
