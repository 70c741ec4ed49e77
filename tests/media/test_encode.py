"""Rendered videos show and say what was given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.media.encode import write_video
from gaze_pipeline.media.playability import PlayMode, playable
from gaze_pipeline.media.probe import probe
from tests.support.clips import number_of, numbered, tone
from tests.support.decode import decode_audio, sample_frames


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "libx264"), (".mkv", "libx264"), (".webm", "libvpx-vp9")]
)
@pytest.mark.parametrize("fps", [10, 25, 29.97])
def test_pictures_and_sound_come_back(tmp_path: Path, suffix: str, codec: str, fps: float) -> None:
    path = tmp_path / f"made{suffix}"
    sound = tone(2.0, 440, 22_050)
    images = [numbered(number) for number in range(int(2 * fps))]
    write_video(path, images, fps, sound, 22_050, codec)
    facts = probe(path)
    assert (facts.width, facts.height) == (160, 96)
    assert facts.fps == pytest.approx(fps, abs=0.05)
    assert facts.duration_ms == pytest.approx(2000, abs=60)
    for frame in sample_frames(path, 200):
        assert number_of(frame.image) == round((frame.timestamp_ms - 0.5) * fps / 1000)
    samples = decode_audio(path).samples
    expected = tone(2.0, 440, 16_000)
    length = min(len(samples), len(expected))
    assert np.corrcoef(samples[:length], expected[:length])[0, 1] > 0.99


def test_what_is_made_plays_in_a_browser(tmp_path: Path) -> None:
    write_video(tmp_path / "made.mp4", [numbered(1)] * 5, 5, tone(1, rate=16_000))
    assert playable(probe(tmp_path / "made.mp4")).mode is PlayMode.DIRECT


def test_odd_sizes_and_colours(tmp_path: Path) -> None:
    image = np.zeros((101, 75, 3), np.uint8)
    image[:] = (200, 40, 60)
    write_video(tmp_path / "made.mp4", [image] * 3, 3)
    shown = next(sample_frames(tmp_path / "made.mp4")).image
    assert shown.shape == (100, 74, 3)
    assert np.abs(shown.reshape(-1, 3).mean(axis=0) - (200, 40, 60)).max() < 4


def test_keyframes_come_as_often_as_asked(tmp_path: Path) -> None:
    import av

    path = tmp_path / "made.mp4"
    write_video(path, (numbered(k) for k in range(40)), 10, keyframe_every=10)
    with av.open(str(path)) as container:
        keys = sum(packet.is_keyframe for packet in container.demux(video=0))
    assert keys >= 4


def test_no_frames(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        write_video(tmp_path / "made.mp4", [], 10)
