"""Running the `gaze` command in processes that are made to be killed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from glob import glob
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random

import psutil

from tests.support.lineage import living
from tests.support.roots import environment
from tests.support.running import until

PRELOAD = ["gaze_pipeline.cli", "torch", "torchvision", "open_clip"]
LOOK_S = 0.001

PLACES = (
    "artifacts/*/*/.*.tmp",
    "artifacts/*/*/.thumbnails.*.tmp/*",
    "artifacts/*/*/.*.old.tmp",
    "artifacts/*/*/audio.flac",
    "artifacts/*/*/*.parquet",
    "index/.search-*",
    "run/.copies.*",
    "index/search-*",
    "index/.CURRENT*",
    "index/CURRENT",
    "vectors/*/data/.tmp*",
    "vectors/*/data/*",
    "vectors/*/_versions/*",
    "vectors/*/_refs/tags/*",
    "vectors/*/_indices/*",
)
"""Where something new shows that a write is under way or was just finished."""


@dataclass(frozen=True)
class Moment:
    """When to kill: `delay_s` after the start, or after something new appeared at `place`."""

    delay_s: float
    place: str | None = None

    @classmethod
    def choose(cls, random: Random, length_s: float, places: Sequence[str]) -> Moment:
        """Any moment of a run of about this length, or close to one of its writes."""
        if random.random() < 0.6:
            return cls(random.uniform(0, length_s))
        return cls(random.uniform(0, 0.02), random.choice(places))


class Run:
    """One run of `gaze ARGUMENTS` on a data root, in a process that is started as a user's would be."""

    def __init__(
        self,
        root: Path,
        variables: Mapping[str, str],
        *arguments: str,
        output: Path | None = None,
    ) -> None:
        self.root = root
        self.arguments = arguments
        self.output = output or root.parent / "output.txt"
        self.started = time.monotonic()
        self.pid = self._start(arguments, variables)

    def _start(self, arguments: tuple[str, ...], variables: Mapping[str, str]) -> int:
        with self.output.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gaze_pipeline.cli", *arguments],
                env=environment(variables),
                stdout=output,
                stderr=output,
            )
        return self._process.pid

    def status(self, seconds: float) -> int | None:
        """The exit status, waited for as long as this; negative is a signal's number."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode

    def kill_at(self, moment: Moment) -> bool:
        """Wait for the moment and kill -9 the process; False when it ended before."""
        if moment.place is None:
            return self.kill_when(lambda: True, moment.delay_s)
        # Unlike that of pathlib it does not mind folders that go meanwhile.
        there = partial(glob, moment.place, root_dir=self.root, include_hidden=True)
        before = set(there())
        return self.kill_when(lambda: set(there()) - before, moment.delay_s)

    def kill_when(self, condition: Callable[[], object], delay_s: float = 0.0) -> bool:
        """Wait until something is so, and then so long, and kill -9 the process."""
        while not condition():
            if self.status(LOOK_S) is not None:
                return False
        if self.status(delay_s) is not None:
            return False
        children = _children(self.pid)
        with contextlib.suppress(ProcessLookupError):  # it ended just now
            os.kill(self.pid, signal.SIGKILL)
        killed = self.status(10) == -signal.SIGKILL
        until(lambda: not living(children), 10, "the end of its children")
        return killed

    @property
    def age_s(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self.started

    def finish(self) -> None:
        """Let it end well."""
        assert self.status(120) == 0, self.output.read_text()


class ForkedRun(Run):
    """The same, forked from a process that has imported everything: a kill strikes work, not imports."""

    def _start(self, arguments: tuple[str, ...], variables: Mapping[str, str]) -> int:
        self._forked = forge().Process(target=_run, args=(arguments, {**variables}, self.output))
        self._forked.start()
        assert self._forked.pid is not None
        return self._forked.pid

    def status(self, seconds: float) -> int | None:
        self._forked.join(seconds)
        return self._forked.exitcode


@cache
def forge() -> ForkServerContext:
    """Where forked processes come from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return context


def _children(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return list(psutil.Process(pid).children(recursive=True))
    return []


def _run(arguments: tuple[str, ...], variables: dict[str, str], output: Path) -> None:
    from gaze_pipeline import cli

    os.environ.update(variables)
    sys.argv = ["gaze", *arguments]
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    cli.main()
