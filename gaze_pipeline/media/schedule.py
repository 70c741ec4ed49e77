"""The times at which a video is looked at: one every so often, or some that are listed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

NEVER = 2**62


class Schedule(Protocol):
    """Times in ms, in order."""

    def begin(self, shown: int) -> int:
        """The first time, of a video whose first frame is shown then."""

    def after(self, due: int, first: int = 0) -> int:
        """The next time after `due` that is no earlier than `first`; NEVER where there is none."""


@dataclass(frozen=True)
class Every:
    """The first frame, and each multiple of so many ms."""

    ms: int

    def begin(self, shown: int) -> int:
        """When the first frame is shown."""
        return shown

    def after(self, due: int, first: int = 0) -> int:
        """The next multiple."""
        return max(due // self.ms + 1, -(-first // self.ms)) * self.ms


@dataclass(frozen=True)
class Listed:
    """These times, in order, each once."""

    times: Sequence[int]

    def begin(self, shown: int) -> int:
        """The first of them at which anything is shown."""
        return self.after(shown - 1)

    def after(self, due: int, first: int = 0) -> int:
        """The next of them."""
        at = bisect_left(self.times, max(due + 1, first))
        return self.times[at] if at < len(self.times) else NEVER
