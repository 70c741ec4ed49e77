"""Running a model on a thread of its own, so that its caller hears of a cancel or a signal meanwhile.

Loading a model and running it are native calls of seconds, during which a thread can be told nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from gaze_pipeline.stages.work import OnProgress

TICK_S = 0.2

T = TypeVar("T")


class _AbandonedError(Exception):
    """Nobody waits for the result any more."""


def in_background(work: Callable[[OnProgress], T], on_progress: OnProgress) -> T:
    """The result of `work`, with `on_progress` called a few times a second also when nothing moves.

    An exception raised in `on_progress`, or by a signal, is raised at once; the thread ends its native
    call, gives up at its next report of progress, and takes on nothing else until then.
    """
    fraction, abandoned = 0.0, False

    def told(latest: float) -> None:
        nonlocal fraction
        if abandoned:
            raise _AbandonedError
        fraction = latest

    future = _thread().submit(work, told)
    try:
        while not future.done():
            wait([future], TICK_S)
            on_progress(fraction)
        return future.result()
    finally:
        abandoned = True
        future.cancel()


@functools.cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "model")
