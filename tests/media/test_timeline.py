"""Frames of any timing end up on one unbroken line."""

from __future__ import annotations

import numpy as np
from av.audio.frame import AudioFrame
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.media.timeline import Timeline, mono
from tests.support.clips import Samples

RATE = 16_000


def frame(samples: int, level: float, layout: str = "mono", rate: int = RATE) -> AudioFrame:
    channels = 1 if layout == "mono" else 2
    made = AudioFrame.from_ndarray(np.full((channels, samples), level, np.float32), "fltp", layout)
    made.sample_rate = rate
    return made


def line(timeline: Timeline, *placed: tuple[AudioFrame, float | None]) -> Samples:
    blocks = [mono(block) for item, at in placed for block in timeline.add(item, at)]
    blocks += [mono(block) for block in timeline.finish()]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def test_a_gap_is_silence() -> None:
    samples = line(Timeline(RATE), (frame(RATE, 0.5), 0.0), (frame(RATE, 0.5), 3.0))
    assert len(samples) == 4 * RATE
    assert np.all(samples[RATE : 3 * RATE] == 0)
    assert np.all(samples[3 * RATE :] == 0.5)


def test_rounded_timestamps_leave_no_gap() -> None:
    placed = [(frame(1024, 0.5), round(k * 1024 / RATE, 2)) for k in range(40)]
    assert np.array_equal(line(Timeline(RATE), *placed), np.full(40 * 1024, 0.5, np.float32))


def test_what_comes_before_the_origin_is_cut_off() -> None:
    placed = [(frame(1600, k / 20), 1.0 + k / 10) for k in range(10)]
    samples = line(Timeline(RATE, origin=1.25), *placed)
    assert len(samples) == round(0.75 * RATE)
    assert samples[0] == np.float32(0.1)


def test_overlapping_frames_are_heard_once() -> None:
    samples = line(Timeline(RATE), (frame(RATE, 0.5), 0.0), (frame(RATE, 0.2), 0.5))
    assert len(samples) == 1.5 * RATE


def test_the_layout_may_change_on_the_way() -> None:
    samples = line(
        Timeline(RATE),
        (frame(RATE, 0.5), 0.0),
        (frame(44_100, 0.25, "stereo", 44_100), 1.0),
        (frame(RATE, 0.5), 2.0),
    )
    assert abs(len(samples) - 3 * RATE) <= 2
    assert abs(samples[RATE * 3 // 2] - 0.25) < 0.01


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.one_of(st.none(), st.floats(-2, 60))), max_size=30)
)
def test_every_frame_lies_at_its_time_or_is_cut(frames: list[tuple[int, float | None]]) -> None:
    samples = line(Timeline(RATE), *((frame(count, 0.5), at) for count, at in frames))
    ends = [max(0.0, at + count / RATE) for count, at in frames if at is not None]
    untimed = sum(count for count, at in frames if at is None) / RATE
    assert (
        len(samples) / RATE
        <= max(ends, default=0.0) + untimed + sum(count for count, _ in frames) / RATE + 0.001
    )
    if ends:
        assert len(samples) / RATE >= max(ends) - 0.061
