"""How numbers and names read."""

from __future__ import annotations

import os

import pytest

from gaze_pipeline.formats import ago, clock, count, duration, size, span
from gaze_pipeline.names import readable


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0:00"), (7_900, "0:07"), (754_000, "12:34"), (3_723_000, "1:02:03")]
)
def test_clock(ms: int, text: str) -> None:
    assert clock(ms) == text


def test_a_span_within_one_second_is_a_place() -> None:
    assert span(4_100, 4_900) == "0:04"
    assert span(4_000, 9_000) == "0:04 – 0:09"


@pytest.mark.parametrize(
    ("ms", "text"), [(11_000, "11 s"), (139_400, "2 min"), (12_600_000, "3.5 h")]
)
def test_duration(ms: int, text: str) -> None:
    assert duration(ms) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (605_143_316, "605.1 MB"), (10**15, "1000.0 TB")],
)
def test_size(count: int, text: str) -> None:
    assert size(count) == text


def test_counts_agree_with_their_noun() -> None:
    assert (count(1, "video"), count(1200, "video")) == ("1 video", "1,200 videos")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "just now"), (300, "5 min ago"), (7300, "2 h ago"), (260_000, "3 days ago")],
)
def test_ago(seconds: float, text: str) -> None:
    assert ago(seconds) == text


def test_a_name_of_invalid_bytes_becomes_readable() -> None:
    assert readable(os.fsdecode(b"caf\xe9.mp4")) == "caf�.mp4"
