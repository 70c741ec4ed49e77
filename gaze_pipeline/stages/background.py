"""Running a model on a thread of its own, so that its caller hears of a cancel or a signal meanwhile.

Loading a model and running it are native calls of seconds, during which a thread can be told nothing.
Callers on different threads do not wait for one another.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from gaze_pipeline.stages.work import OnProgress

TICK_S = 0.2
AT_ONCE = 4
"""What is said, seen, found and read: each has a model of its own."""

T = TypeVar("T")


class _AbandonedError(Exception):
    """Nobody waits for the result any more."""


def in_background(work: Callable[[OnProgress], T], on_progress: OnProgress) -> T:
    """The result of `work`, with `on_progress` called a few times a second also when nothing moves.

    An exception raised in `on_progress`, or by a signal, is raised at once; the thread ends its native
    call and gives up at its next report of progress.
    """
    fraction, abandoned = 0.0, False

    def told(latest: float) -> None:
        nonlocal fraction
        if abandoned:
            raise _AbandonedError
        fraction = latest

    future = _threads().submit(work, told)
    try:
        while not future.done():
            wait([future], TICK_S)
            on_progress(fraction)
        return future.result()
    finally:
        abandoned = True
        future.cancel()


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, "model")
