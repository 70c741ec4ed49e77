"""Clips hold the range asked for, playable, upright, with picture and sound in step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.clips import write_clip
from gaze_pipeline.media.playability import PlayMode, playable
from gaze_pipeline.media.probe import probe
from gaze_pipeline.media.track import RATE
from tests.support.clips import RATE as SOURCE_RATE
from tests.support.clips import Samples, Sound, number_of, render
from tests.support.decode import decode_audio, sample_frames

TIMES = list(range(0, 8000, 40))
SOURCES = [
    (".mkv", "libx264", "aac"),
    (".mkv", "libx264", "libmp3lame"),
    (".mkv", "libx265", "flac"),
    (".ts", "libx264", "aac"),
    (".avi", "mpeg4", "libmp3lame"),
    (".flv", "flv", "aac"),
    (".mov", "prores_ks", "pcm_s16le"),
]


def beeps() -> Samples:
    """A short tone at the start of every second."""
    line = np.zeros(8 * SOURCE_RATE, np.float32)
    note = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(SOURCE_RATE // 10) / SOURCE_RATE)
    for second in range(8):
        line[second * SOURCE_RATE : second * SOURCE_RATE + len(note)] = note
    return line[None].astype(np.float32)


def onsets(samples: Samples) -> list[int]:
    """When sound begins after silence, ms."""
    loud = np.abs(samples) > 0.15
    starts = [int(i) for i in np.flatnonzero(loud) if not loud[max(0, i - RATE // 4) : i].any()]
    return [start * 1000 // RATE for start in starts]


def source(folder: Path, suffix: str, codec: str, sound: str) -> Path:
    pixels = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    return render(
        folder / f"source{suffix}",
        TIMES,
        [Sound(beeps(), codec=sound)],
        codec=codec,
        pixels=pixels,
        options=options,
        keyframe_every=50,
    )


@pytest.mark.parametrize("mode", [PlayMode.REMUX, PlayMode.TRANSCODE])
@pytest.mark.parametrize(("suffix", "codec", "sound"), SOURCES)
@pytest.mark.parametrize(("start", "end"), [(0, None), (3000, 6000), (5500, None)])
def test_picture_and_sound_of_the_range(
    tmp_path: Path,
    suffix: str,
    codec: str,
    sound: str,
    mode: PlayMode,
    start: int,
    end: int | None,
) -> None:
    path = source(tmp_path, suffix, codec, sound)
    out = tmp_path / "clip.mp4"
    clip = write_clip(path, out, start, end, mode)
    assert start - 2100 <= clip.start_ms <= start
    if mode is PlayMode.TRANSCODE:
        assert clip.start_ms == start
        assert playable(probe(out)).mode is PlayMode.DIRECT
    shown = [(frame.timestamp_ms, number_of(frame.image)) for frame in sample_frames(path, 20)]
    for frame in sample_frames(out, 300):
        at = clip.start_ms + frame.timestamp_ms
        near = {number for time, number in shown if at - 41 <= time <= at + 2}
        assert number_of(frame.image) in near
    length = (end or 8000) - clip.start_ms
    assert abs(probe(out).duration_ms - length) < 300
    heard = [at + clip.start_ms for at in onsets(decode_audio(out).samples)]
    for at in heard[1:]:
        assert abs(at - round(at, -3)) < 70
    assert len(heard) >= length // 1000


def test_the_default_track_is_what_is_heard(media: Path, tmp_path: Path) -> None:
    path = media / "odd/two_audio_tracks_fra_eng_default_second.mkv"
    write_clip(path, tmp_path / "clip.mp4", mode=PlayMode.REMUX)
    facts = probe(tmp_path / "clip.mp4")
    assert facts.audio_streams == 1
    assert playable(facts).mode is PlayMode.DIRECT
    expected, got = decode_audio(path).samples, decode_audio(tmp_path / "clip.mp4").samples
    length = min(len(expected), len(got))
    assert np.corrcoef(expected[:length], got[:length])[0, 1] > 0.99


@pytest.mark.parametrize("mode", [PlayMode.REMUX, PlayMode.TRANSCODE])
def test_turned_and_anamorphic_pictures_stay_so(
    media: Path, tmp_path: Path, mode: PlayMode
) -> None:
    for name in ("odd/decord_rot_90.mov", "odd/decord_rot_270.mov", "odd/anamorphic_sar_16_9.mp4"):
        out = tmp_path / "clip.mp4"
        write_clip(media / name, out, mode=mode)
        before, after = probe(media / name), probe(out)
        assert (after.width, after.height) == (before.width, before.height)
        for was, now in zip(sample_frames(media / name), sample_frames(out), strict=False):
            assert np.abs(was.image.astype(int) - now.image).mean() < 5


def test_vp8_and_vorbis_are_copied_into_webm(media: Path, tmp_path: Path) -> None:
    clip = write_clip(
        media / "video/mdn_rabbit.webm", tmp_path / "clip.webm", 1000, 3000, PlayMode.REMUX
    )
    facts = probe(tmp_path / "clip.webm")
    assert (facts.container, facts.video_codec, facts.audio_codec) == ("webm", "vp8", "vorbis")
    assert clip.start_ms <= 1000


def test_sound_without_a_picture(media: Path, tmp_path: Path) -> None:
    write_clip(media / "audio/jfk.flac", tmp_path / "clip.mp4", 2000, 5000)
    assert abs(len(decode_audio(tmp_path / "clip.mp4").samples) / RATE - 3.0) < 0.1


@pytest.mark.parametrize("name", ["odd/truncated.mkv", "odd/bit_errors.mp4"])
@pytest.mark.parametrize("mode", [PlayMode.REMUX, PlayMode.TRANSCODE])
def test_damaged_files_play_as_far_as_they_go(
    media: Path, tmp_path: Path, name: str, mode: PlayMode
) -> None:
    write_clip(media / name, tmp_path / "clip.mp4", mode=mode)
    assert probe(tmp_path / "clip.mp4").duration_ms > 5000


def test_large_pictures_are_made_smaller(tmp_path: Path, media: Path) -> None:
    write_clip(media / "odd/moviepy_smpte-2997.mp4", tmp_path / "clip.mp4", 0, 400)
    facts = probe(tmp_path / "clip.mp4")
    assert (facts.width, facts.height) == (1280, 720)


def test_the_browser_can_start_before_all_is_loaded(media: Path, tmp_path: Path) -> None:
    write_clip(media / "odd/dog.flv", tmp_path / "clip.mp4", 0, 2000)
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_nowhere_to_write(media: Path, tmp_path: Path) -> None:
    with pytest.raises(GazeError) as failure:
        write_clip(media / "odd/dog.flv", tmp_path / "nowhere" / "clip.mp4")
    assert failure.value.code is ErrorCode.FILE_UNREADABLE


def test_no_video_no_clip(media: Path, tmp_path: Path) -> None:
    with pytest.raises(GazeError) as failure:
        write_clip(media / "odd/text_file.mp4", tmp_path / "clip.mp4")
    assert failure.value.code is ErrorCode.NOT_A_VIDEO
