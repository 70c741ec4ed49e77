"""Encoders of sound and picture as streams of packets, each with its time, ready to be merged."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeAlias, cast

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
SOUND_CODECS = {"webm": "libopus"}
SOUND_RATE = 48_000
FASTSTART = {"movflags": "+faststart"}  # a browser can play while it loads

Timed: TypeAlias = "tuple[float, Packet[Stream]]"
"""A packet and when it is to be decoded, in seconds."""


def mux(container: OutputContainer, *streams: Iterator[Timed]) -> None:
    """Write the packets of several streams, interleaved by time."""
    for _, packet in heapq.merge(*streams, key=lambda timed: timed[0]):
        container.mux(packet)


def encode_sound(
    container: OutputContainer, blocks: Iterable[NDArray[np.float32]], rate: int, channels: int
) -> Iterator[Timed]:
    """Add an audio stream of float32 [channels, n] blocks laid end to end from time 0."""
    layout = "mono" if channels == 1 else "stereo"
    codec = SOUND_CODECS.get(container.format.name, "aac")
    stream = cast(AudioStream, container.add_stream(codec, rate=SOUND_RATE, layout=layout))
    return _encoded_sound(stream, blocks, rate, layout)


def _encoded_sound(
    stream: AudioStream, blocks: Iterable[NDArray[np.float32]], rate: int, layout: str
) -> Iterator[Timed]:
    resampler = AudioResampler(stream.format, layout, SOUND_RATE)
    done = 0
    for block in blocks:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block, np.float32), "fltp", layout)
        frame.sample_rate = rate
        frame.pts = done
        frame.time_base = Fraction(1, rate)
        done += block.shape[1]
        for resampled in resampler.resample(frame):
            yield from timed(stream.encode(resampled))
    for resampled in resampler.resample(None):
        yield from timed(stream.encode(resampled))
    yield from timed(stream.encode(None))


def encode_pictures(stream: VideoStream, frames: Iterable[VideoFrame]) -> Iterator[Timed]:
    """Encode frames that carry their time and fit the stream."""
    for frame in frames:
        yield from timed(stream.encode(frame))
    yield from timed(stream.encode(None))


def timed(packets: Iterable[Packet[Stream]]) -> Iterator[Timed]:
    """Packets with their decoding time in seconds."""
    for packet in packets:
        timestamp = packet.dts if packet.dts is not None else packet.pts
        yield float((timestamp or 0) * packet.time_base), packet


def with_dts(packets: Iterable[Packet[Stream]]) -> Iterator[Packet[Stream]]:
    """Fill in the decoding times that are missing at the start of a stream."""
    waiting: list[Packet[Stream]] = []
    for packet in packets:
        if packet.dts is None:
            waiting.append(packet)
            continue
        for back, early in enumerate(reversed(waiting), 1):
            early.dts = packet.dts - back * max(packet.duration or 1, 1)
        yield from waiting
        waiting.clear()
        yield packet
    for packet in waiting:
        packet.dts = packet.pts
        yield packet
