"""What a browser needs for each file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gaze_pipeline.media.facts import MediaFacts
from gaze_pipeline.media.playability import PlayMode, playable
from gaze_pipeline.media.probe import probe

MODES = {
    "odd/audio_only.m4a": PlayMode.DIRECT,
    "odd/dog.flv": PlayMode.TRANSCODE,
    "odd/dog_av1.mp4": PlayMode.DIRECT,
    "odd/dog_h264_mp3.mkv": PlayMode.REMUX,
    "odd/dog_hevc_hvc1.mp4": PlayMode.TRANSCODE,
    "odd/dog_mpeg2.ts": PlayMode.TRANSCODE,
    "odd/dog_mpeg4_mp3.avi": PlayMode.TRANSCODE,
    "odd/dog_prores_pcm_3s.mov": PlayMode.TRANSCODE,
    "odd/dog_vp9_opus.webm": PlayMode.DIRECT,
    "odd/imageio_cockatoo_yuv444.mp4": PlayMode.TRANSCODE,
    "odd/moviepy_with-attached-pic.mp3": PlayMode.DIRECT,
    "odd/torchcodec_h264_10bits.mp4": PlayMode.TRANSCODE,
    "odd/torchcodec_av1_video.mkv": PlayMode.REMUX,
    "odd/two_audio_tracks_fra_eng_default_second.mkv": PlayMode.REMUX,
    "odd/decord_rot_90.mov": PlayMode.DIRECT,
    "video/intel_preview_store-aisle-detection.gif": PlayMode.TRANSCODE,
    "video/mdn_rabbit.webm": PlayMode.DIRECT,
    "video/sam2_01_dog.mp4": PlayMode.DIRECT,
}

PLAIN = MediaFacts(
    duration_ms=1000,
    width=640,
    height=360,
    rotation=0,
    fps=25.0,
    container="mp4",
    video_codec="h264",
    audio_codec="aac",
    pixel_format="yuv420p",
    audio_streams=1,
    created=None,
    camera=None,
    place=None,
    other_audio_first=False,
)


@pytest.mark.parametrize("name", MODES)
def test_real_files(media: Path, name: str) -> None:
    how = playable(probe(media / name))
    assert how.mode is MODES[name]
    assert how.reason


def test_a_browser_that_would_speak_another_language_is_not_trusted() -> None:
    assert playable(PLAIN).mode is PlayMode.DIRECT
    assert playable(replace(PLAIN, other_audio_first=True)).mode is PlayMode.REMUX


def test_a_clock_that_starts_late_is_set_to_0() -> None:
    assert playable(replace(PLAIN, starts_ms=40)).mode is PlayMode.DIRECT
    assert playable(replace(PLAIN, starts_ms=5_000)).mode is PlayMode.REMUX


@pytest.mark.parametrize("sound", ["ac3", "pcm_s16le", "vorbis", "unknown"])
def test_only_the_sound_is_encoded_anew(sound: str) -> None:
    assert playable(replace(PLAIN, audio_codec=sound)).mode is PlayMode.REMUX


def test_a_picture_nobody_can_decode_leaves_the_sound() -> None:
    assert playable(replace(PLAIN, video_codec="unknown")).mode is PlayMode.REMUX


def test_vp8_goes_into_webm() -> None:
    how = playable(replace(PLAIN, container="matroska", video_codec="vp8", audio_codec="vorbis"))
    assert (how.mode, how.suffix) == (PlayMode.REMUX, ".webm")
