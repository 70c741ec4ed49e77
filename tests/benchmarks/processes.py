"""Running a command as a whole process: its wall time and its peak memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cost:
    """Wall seconds, peak resident MB and seconds of processor time of a process with its children."""

    seconds: float
    peak_mb: float
    cpu_seconds: float


def timed(arguments: Sequence[str], variables: Mapping[str, str] | None = None) -> Cost:
    """Run `python ARGUMENTS` to its end. Raises CalledProcessError when it fails."""
    started, spent = time.perf_counter(), _spent()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **(variables or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak))
    watcher.start()
    _, errors = process.communicate()
    seconds = time.perf_counter() - started
    watcher.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments, stderr=errors.decode())
    return Cost(seconds, peak[0], _spent() - spent)


def _spent() -> float:
    """Seconds of processor time of all processes that this one has seen the end of, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(pid: int, peak: list[float]) -> None:
    try:
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            family = [process, *process.children(recursive=True)]
            peak[0] = max(peak[0], sum(member.memory_info().rss for member in family) / 1e6)
            time.sleep(0.1)
    except psutil.Error:
        return
