"""Films in H.264 that x264 encodes as told, and what a player shows of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from zlib import crc32

import av
import numpy as np
from av.video.frame import VideoFrame

from gaze_pipeline.media.clock import VideoClock
from gaze_pipeline.media.geometry import Image, Orientation, to_matrix
from gaze_pipeline.media.picture import Painter
from gaze_pipeline.media.source import open_source

FPS, COUNT, SIZE = 30, 120, (128, 80)
FORMATS = {".mp4": "mp4", ".ts": "mpegts"}
UPRIGHT = Orientation()


def encoded(path: Path, options: str, turn: Orientation = UPRIGHT) -> Path:
    """A film that moves and has cuts, as x264 encodes it with these options; players turn it."""
    with av.open(str(path), "w", format=FORMATS[path.suffix]) as container:
        stream = container.add_stream(
            "libx264", rate=FPS, options={"preset": "superfast", "x264-params": options}
        )
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        if turn != UPRIGHT:
            stream.set_display_matrix(to_matrix(turn))
        for number, image in enumerate(pictures()):
            frame = VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def pictures() -> Iterator[Image]:
    """A view that wanders over a pattern, with noise; from time to time it leaps, or goes dark."""
    rng = np.random.default_rng(2)
    coarse = rng.integers(0, 256, (40, 60, 3), np.uint8)
    pattern = coarse.repeat(8, axis=0).repeat(8, axis=1)
    for number in range(COUNT):
        if number % 50 == 0:
            top, left = rng.integers(0, 60, 2)
        at, aside = top + number % 50, left + 2 * (number % 50)
        view = pattern[at : at + SIZE[1], aside : aside + SIZE[0]].astype(np.int16)
        light = 1 - abs(number - 80) / 10 if abs(number - 80) < 10 else 1
        noisy = view * light + rng.integers(-6, 7, view.shape)
        yield noisy.clip(0, 255).astype(np.uint8)


def shown(path: Path, every: int) -> Iterator[tuple[int, int]]:
    """What a decoder that leaves nothing out shows at each time of the schedule."""
    with open_source(path) as source:
        assert source.video is not None
        clock, painter = VideoClock(source, source.video), Painter(Fraction(1), SIZE[0])
        decoded = [(clock.frame_ms(frame), frame) for frame in source.container.decode(video=0)]
        end = decoded[-1][0] + 1000 // FPS
        for due in (decoded[0][0], *range(every, end, every)):
            at, frame = [one for one in decoded if one[0] <= due][-1]
            yield at, crc32(painter.paint(frame).tobytes())
