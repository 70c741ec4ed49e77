"""A service of `gaze up`: what starts it, how it shows that it works, and how it stands."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass

PROBE_S = 15.0
SILENCES = 4
SILENT_S = 60.0
"""A service hangs that has left so many probes without an answer, over so long a time at least: on a
machine that is short of memory it is merely slow."""


@dataclass
class Service:
    """One child process.

    `works` is asked until it is ready and, of one that can hang, every `PROBE_S` from then on. Times are
    those of the monotonic clock, in seconds.
    """

    name: str
    arguments: list[str]
    works: Callable[[], bool]
    needs: Service | None = None
    can_hang: bool = False
    process: subprocess.Popen[str] | None = None
    started: float = 0.0
    failures: int = 0
    next_start: float = 0.0
    ready: bool = False
    answered: bool = False
    silences: int = 0
    silent_since: float = 0.0
    next_probe: float = 0.0

    def began(self, process: subprocess.Popen[str], now: float) -> None:
        """It was started."""
        self.process, self.started, self.silences = process, now, 0

    def is_ready(self, now: float) -> bool:
        """Whether it has just shown for the first time that it works."""
        if self.ready or not self.works():
            return False
        self.ready = self.answered = True
        self.next_probe = now + PROBE_S
        return True

    def hangs(self, now: float) -> bool:
        """Whether it worked, lives, and has not answered for too long."""
        if not (self.can_hang and self.ready) or now < self.next_probe:
            return False
        self.next_probe = now + PROBE_S
        if self.works():
            self.silences = 0
            return False
        self.silent_since = self.silent_since if self.silences else now
        self.silences += 1
        return self.silences >= SILENCES and now - self.silent_since >= SILENT_S
