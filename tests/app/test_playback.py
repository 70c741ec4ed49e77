"""Which stretch is converted for a moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.media.playability import Playability, PlayMode
from gaze_search_app.clip_cache import ClipKey
from gaze_search_app.playback import STRETCH_MAX_MS, STRETCH_MS, stretch

modes = st.sampled_from([PlayMode.TRANSCODE, PlayMode.REMUX])
times = st.integers(0, 10_000_000)


@given(modes, times, st.integers(0, 100_000), st.integers(1, 10_000_000))
def test_a_stretch_holds_the_moment_it_is_for(
    mode: PlayMode, start: int, length: int, duration: int
) -> None:
    start = min(start, duration - 1)
    key = stretch("a" * 16, Playability(mode, "", ".mp4"), start, start + length, duration)
    end = duration if key.end_ms is None else key.end_ms
    assert key.start_ms <= start < end or duration < 1000
    assert end - key.start_ms <= max(STRETCH_MAX_MS, STRETCH_MS[mode])
    assert ClipKey.parse(str(key)) == key


def test_a_short_video_is_converted_once_and_whole() -> None:
    how = Playability(PlayMode.TRANSCODE, "", ".mp4")
    keys = {stretch("a" * 16, how, start, start, 20_000) for start in (0, 9000, 19_000)}
    assert keys == {ClipKey("a" * 16, 0, None, PlayMode.TRANSCODE, ".mp4")}


def test_names_of_other_files_are_no_keys() -> None:
    for name in ("../../etc/passwd", "a" * 16, f"{'a' * 16}-0-end-direct.mp4", ".making-1.mp4"):
        assert ClipKey.parse(name) is None
