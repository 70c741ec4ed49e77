"""Which stretch is converted for a moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.media.playability import Playability, PlayMode
from gaze_search_app.clip_cache import ClipKey
from gaze_search_app.playback import COPIED_BYTES, FIRST_MS, LONGEST_MS, stretch

modes = st.sampled_from([PlayMode.TRANSCODE, PlayMode.REMUX])
times = st.integers(0, 10_000_000)
lengths = st.integers(0, 100_000)
GIGABYTE = 1_000_000_000


def key_of(
    start_ms: int, end_ms: int, duration_ms: int, mode: PlayMode = PlayMode.TRANSCODE, size: int = 1
) -> ClipKey:
    return stretch("a" * 16, Playability(mode, "", ".mp4"), start_ms, end_ms, duration_ms, size)


@given(modes, times, lengths, st.integers(1, 10_000_000), st.integers(1, 100 * GIGABYTE))
def test_a_stretch_holds_the_moment_it_is_for(
    mode: PlayMode, start: int, length: int, duration: int, size: int
) -> None:
    start = min(start, duration - 1)
    key = key_of(start, start + length, duration, mode, size)
    end = duration if key.end_ms is None else key.end_ms
    assert key.start_ms <= start < end or duration - start < 1_000
    assert end - key.start_ms <= LONGEST_MS[mode] + 1_000
    assert ClipKey.parse(str(key)) == key


@given(lengths, st.integers(0, 3_600_000))
def test_the_stretch_that_follows_begins_where_the_one_before_ends(length: int, start: int) -> None:
    first = key_of(start, start + length, 7_200_000)
    assert first.end_ms is not None
    assert key_of(first.end_ms, first.end_ms, 7_200_000).start_ms == first.end_ms


def test_a_moment_plays_after_a_few_seconds_of_video_were_converted() -> None:
    key = key_of(600_500, 600_500, 7_200_000)
    assert (key.start_ms, key.end_ms) == (600_000, 600_000 + FIRST_MS)


def test_what_follows_is_as_long_as_was_asked_for() -> None:
    assert key_of(4_000, 12_000, 7_200_000).end_ms == 12_000
    assert key_of(4_000, 900_000, 7_200_000).end_ms == 4_000 + LONGEST_MS[PlayMode.TRANSCODE]


def test_of_a_large_file_no_more_is_copied_than_takes_a_moment() -> None:
    hour = 3_600_000
    key = key_of(0, 0, 2 * hour, PlayMode.REMUX, 20 * GIGABYTE)
    assert key.end_ms is not None
    assert key.end_ms / (2 * hour) * 20 * GIGABYTE <= COPIED_BYTES
    assert key_of(0, 0, hour, PlayMode.REMUX, GIGABYTE // 10).end_ms == 600_000


def test_no_last_second_is_left_over() -> None:
    assert key_of(0, 0, FIRST_MS + 900).end_ms is None


def test_names_of_other_files_are_no_keys() -> None:
    for name in ("../../etc/passwd", "a" * 16, f"{'a' * 16}-0-end-direct.mp4", ".making-1.mp4"):
        assert ClipKey.parse(name) is None
