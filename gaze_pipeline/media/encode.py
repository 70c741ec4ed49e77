"""Rendering a video from images and sound: the demo library and tests are made with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gaze_pipeline.media.encoding import FASTSTART, FORMATS, encode_pictures, encode_sound, mux
from gaze_pipeline.media.geometry import Image
from gaze_pipeline.media.output import writing
from gaze_pipeline.media.picture import HD_HEIGHT


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
    images = iter(frames)
    first = next(images, None)
    if first is None:
        raise ValueError("a video needs at least one frame")
    with writing(path, muxer, FASTSTART if muxer in ("mp4", "mov") else {}) as container:
        rate = Fraction(fps).limit_denominator(1001)
        stream = cast(VideoStream, container.add_stream(codec, rate=rate, options=options or {}))
        stream.width, stream.height = first.shape[1] // 2 * 2, first.shape[0] // 2 * 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = 1 / rate
        if keyframe_every is not None:
            stream.gop_size = keyframe_every
        streams = [encode_pictures(stream, _frames(stream, chain([first], images)))]
        if audio is not None:
            streams.append(encode_sound(container, _blocks(audio, sample_rate), sample_rate, 1))
        mux(container, *streams)


def _frames(stream: VideoStream, images: Iterable[Image]) -> Iterator[VideoFrame]:
    colorspace = Colorspace.ITU709 if stream.height >= HD_HEIGHT else Colorspace.ITU601
    for index, image in enumerate(images):
        whole = np.ascontiguousarray(image[: stream.height, : stream.width])
        frame = VideoFrame.from_ndarray(whole, "rgb24").reformat(
            format="yuv420p", dst_colorspace=colorspace
        )
        frame.pts = index
        frame.time_base = stream.codec_context.time_base
        yield frame


def _blocks(audio: NDArray[np.float32], size: int) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(audio), size):
        yield audio[None, start : start + size]
