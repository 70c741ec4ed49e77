"""Tiny videos whose every frame shows its own number, with any timing, turn, aspect and sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Samples = NDArray[np.float32]

BITS = 10
RATE = 48_000
TICKS = 1000


def numbered(number: int, width: int = 160, height: int = 96) -> Image:
    """An image that shows `number` (0..1023) as ten upright bars, white for 1."""
    bars = np.array([255 * (number >> bit & 1) for bit in range(BITS)], np.uint8)
    row = bars[np.arange(width) * BITS // width]
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (height, width, 3)))


def number_of(image: Image) -> int:
    """The number that an image shows, after any scaling and compression."""
    height, width = image.shape[:2]
    centres = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    bars = image[height // 4 : height * 3 // 4, :, :].mean(axis=(0, 2))[centres] > 127
    return int(sum(1 << bit for bit in range(BITS) if bars[bit]))


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE, level: float = 0.5) -> Samples:
    """A sine, float32 [n]."""
    times = np.arange(int(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


@dataclass(frozen=True)
class Sound:
    """Sound of a clip: float32 [channels, n] at 48 kHz, starting at `start_ms`."""

    planes: Samples
    start_ms: int = 0
    codec: str = "aac"
    default: bool = True


def render(
    path: Path,
    times_ms: Sequence[int],
    sounds: Sequence[Sound] = (),
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    size: tuple[int, int] = (160, 96),
    turn: float = 0.0,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    keyframe_every: int = 12,
    muxer_options: dict[str, str] | None = None,
    format_name: str | None = None,
    ticks: int = TICKS,
) -> Path:
    """Write a clip: frame k shows the number k from `times_ms[k]` on; then the sounds, each a track.

    `turn` is degrees counter-clockwise written into the display matrix, `aspect` that of a pixel, `ticks`
    those of the encoder's clock in a second.
    """
    with av.open(
        str(path), "w", format=format_name, container_options=muxer_options or {}
    ) as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.gop_size = keyframe_every
        stream.codec_context.time_base = Fraction(1, ticks)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if turn:
            stream.set_display_rotation(turn)
        tracks = []
        for sound in sounds:
            layout = "mono" if len(sound.planes) == 1 else "stereo"
            track = container.add_stream(sound.codec, rate=RATE, layout=layout)
            track.bit_rate = 128_000  # Windows Media Audio has no default that it takes
            track.disposition = av.stream.Disposition.default if sound.default else 0
            tracks.append(track)
        for number, at in enumerate(times_ms):
            frame = VideoFrame.from_ndarray(numbered(number, *size), "rgb24").reformat(
                format=pixels
            )
            frame.pts, frame.time_base = at * ticks // 1000, Fraction(1, ticks)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for track, sound in zip(tracks, sounds, strict=True):
            _write_sound(container, track, sound)
    return path


def _write_sound(container: OutputContainer, track: av.AudioStream, sound: Sound) -> None:
    layout = "mono" if len(sound.planes) == 1 else "stereo"
    resampler = av.AudioResampler(track.format, layout, RATE)
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(sound.planes), "fltp", layout)
    frame.sample_rate = RATE
    frame.pts = sound.start_ms * RATE // 1000
    frame.time_base = Fraction(1, RATE)
    for resampled in (*resampler.resample(frame), *resampler.resample(None)):
        container.mux(track.encode(resampled))
    container.mux(track.encode(None))


def shown_at(times_ms: Sequence[int], at_ms: int) -> int:
    """The number of the frame a player shows at `at_ms` (times from the first frame on)."""
    return max((k for k, start in enumerate(times_ms) if start <= at_ms), default=0)
