"""Doing several things at once, each on a thread of its own, and hearing of all of them in one place."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")

Tell = Callable[[T], None]


class _StoppedError(BaseException):
    """Nobody listens any more; no failure of the work, so nothing that catches failures may catch it."""


def abreast(works: Sequence[Callable[[Tell[T]], None]]) -> Generator[T]:
    """What the works tell, in the order of time, until all are done.

    When the caller closes it, or is interrupted in it, or one of the works raises, each of them is stopped
    at what it tells next, and awaited; what one raised is raised.
    """
    told: SimpleQueue[T | None] = SimpleQueue()
    stopped = False

    def tell(news: T) -> None:
        if stopped:
            raise _StoppedError
        told.put(news)

    def run(work: Callable[[Tell[T]], None]) -> None:
        nonlocal stopped
        try:
            work(tell)
        except _StoppedError:
            pass
        except BaseException:
            stopped = True
            raise
        finally:
            told.put(None)

    with ThreadPoolExecutor(max(1, len(works)), "abreast") as threads:
        running = [threads.submit(run, work) for work in works]
        try:
            left = len(works)
            while left:
                news = told.get()
                if news is None:
                    left -= 1
                else:
                    yield news
        finally:
            stopped = True
    for one in running:
        one.result()
