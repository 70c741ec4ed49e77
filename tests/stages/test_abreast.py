"""Several works at once: all is heard of, and none outlives the others or its listener."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing, suppress

import pytest

from gaze_pipeline.stages.abreast import Tell, abreast

LONG_S = 60.0


def counting(count: int) -> Callable[[Tell[int]], None]:
    """A work that tells its numbers."""

    def work(tell: Tell[int]) -> None:
        for number in range(count):
            tell(number)

    return work


def endless(ended: threading.Event) -> Callable[[Tell[int]], None]:
    """A work that tells the same for ever, and takes everything that may be caught for bad luck."""

    def work(tell: Tell[int]) -> None:
        try:
            while True:
                with suppress(Exception):
                    tell(-1)
        finally:
            ended.set()

    return work


def test_all_is_told_each_work_in_its_order() -> None:
    told = list(abreast([counting(3), counting(0), counting(5)]))
    assert sorted(told) == [0, 0, 1, 1, 2, 2, 3, 4]
    assert list(abreast([counting(4)])) == [0, 1, 2, 3]


def test_they_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2)

    def meet(tell: Tell[int]) -> None:
        tell(meeting.wait(LONG_S))

    assert sorted(abreast([meet, meet])) == [0, 1]


def test_what_one_raises_ends_the_others_and_is_raised() -> None:
    ended = threading.Event()

    def fail(tell: Tell[int]) -> None:
        tell(0)
        raise OSError("its own")

    with pytest.raises(OSError, match="its own"):
        list(abreast([endless(ended), fail]))
    assert ended.is_set()


def test_when_the_listener_stops_so_do_they() -> None:
    ended = threading.Event()
    with closing(abreast([endless(ended)])) as told:
        assert next(told) == -1
    assert ended.is_set()
