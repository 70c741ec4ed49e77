"""Rendering a video from images and sound: the demo library and tests are made with it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gaze_pipeline.media.geometry import Image
from gaze_pipeline.media.output import writing
from gaze_pipeline.media.picture import HD_HEIGHT

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
SPEECH_CODECS = {"webm": "libopus"}
AUDIO_RATE = 48_000


def write_video(
    path: Path,
    frames: Iterable[Image],
    fps: float,
    audio: NDArray[np.float32] | None = None,
    sample_rate: int = 16_000,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    keyframe_every: int | None = None,
) -> None:
    """Encode uint8 [h, w, 3] RGB images at `fps`, and float32 [n] mono sound, into a video file.

    The container follows the suffix (.mp4, .m4v, .mov, .mkv, .webm). Odd sizes lose their last row
    or column. `options` go to the video encoder; `keyframe_every` is in frames. Raises ValueError
    for no frames, GazeError where the file cannot be written.
    """
    muxer = FORMATS[path.suffix.lower()]
    flags = {"movflags": "+faststart"} if muxer in ("mp4", "mov") else {}
    images = iter(frames)
    first = next(images, None)
    if first is None:
        raise ValueError("a video needs at least one frame")
    with writing(path, muxer, flags) as container:
        pictures = _pictures(container, first, images, fps, codec, options or {}, keyframe_every)
        sound = _sound(container, audio, sample_rate, SPEECH_CODECS.get(muxer, "aac"))
        for _, packet in heapq.merge(pictures, sound, key=lambda timed: timed[0]):
            container.mux(packet)


Timed: TypeAlias = "tuple[float, Packet[Stream]]"


def _pictures(
    container: OutputContainer,
    first: Image,
    rest: Iterator[Image],
    fps: float,
    codec: str,
    options: dict[str, str],
    keyframe_every: int | None,
) -> Iterator[Timed]:
    rate = Fraction(fps).limit_denominator(1001)
    stream = cast(VideoStream, container.add_stream(codec, rate=rate, options=options))
    stream.width, stream.height = first.shape[1] // 2 * 2, first.shape[0] // 2 * 2
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = 1 / rate
    if keyframe_every is not None:
        stream.gop_size = keyframe_every

    return _encoded_pictures(stream, chain([first], rest))


def _encoded_pictures(stream: VideoStream, images: Iterable[Image]) -> Iterator[Timed]:
    for index, image in enumerate(images):
        whole = np.ascontiguousarray(image[: stream.height, : stream.width])
        frame = VideoFrame.from_ndarray(whole, "rgb24").reformat(
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709 if stream.height >= HD_HEIGHT else Colorspace.ITU601,
        )
        frame.pts = index
        frame.time_base = stream.codec_context.time_base
        yield from _timed(stream.encode(frame))
    yield from _timed(stream.encode(None))


def _sound(
    container: OutputContainer, audio: NDArray[np.float32] | None, sample_rate: int, codec: str
) -> Iterator[Timed]:
    if audio is None:
        return iter(())
    stream = cast(AudioStream, container.add_stream(codec, rate=AUDIO_RATE, layout="mono"))
    return _encoded_sound(stream, audio, sample_rate)


def _encoded_sound(
    stream: AudioStream, audio: NDArray[np.float32], sample_rate: int
) -> Iterator[Timed]:
    resampler = AudioResampler(stream.format, "mono", AUDIO_RATE)
    for start in range(0, len(audio), sample_rate):
        block = np.ascontiguousarray(audio[start : start + sample_rate], np.float32)
        frame = AudioFrame.from_ndarray(block[None, :], "fltp", "mono")
        frame.sample_rate = sample_rate
        frame.pts = start
        frame.time_base = Fraction(1, sample_rate)
        for resampled in resampler.resample(frame):
            yield from _timed(stream.encode(resampled))
    for resampled in resampler.resample(None):
        yield from _timed(stream.encode(resampled))
    yield from _timed(stream.encode(None))


def _timed(packets: list[Packet[Stream]]) -> Iterator[Timed]:
    for packet in packets:
        yield float((packet.dts or 0) * packet.time_base), packet
