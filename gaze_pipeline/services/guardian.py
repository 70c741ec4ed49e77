"""Ends the services and all that they started, once told to or once their supervisor is gone.

`gaze up` starts this first and holds the other end of its standard input. When that closes, for
whatever reason, nothing of the family outlives it: run workers of a service that died included.
On POSIX the family is the process group of this process; on Windows, where there are none, it is
what descends from the supervisor, whose process id stays known as the parent's after its death.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

import psutil

GRACE_S = 5.0


def main() -> None:
    """Wait for the end of standard input, then end the family."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    supervisor = os.getppid()
    sys.stdin.buffer.read()
    for process in _family(supervisor):
        with contextlib.suppress(psutil.Error):
            process.terminate()
    deadline = time.monotonic() + GRACE_S
    while (left := _family(supervisor)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _family(supervisor: int) -> list[psutil.Process]:
    """Every living process of the family but this one and the supervisor."""
    own = os.getpid()
    if os.name == "posix":
        group = os.getpgrp()
        others = (process for process in psutil.process_iter() if process.pid != own)
        return [process for process in others if _in_group(process, group)]
    parents = {process.pid: process.ppid() for process in psutil.process_iter(["ppid"])}
    family = {supervisor}
    while found := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= found
    return [psutil.Process(pid) for pid in family - {own, supervisor} if psutil.pid_exists(pid)]


def _in_group(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


if __name__ == "__main__":
    main()
