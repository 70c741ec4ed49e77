"""How long a file plays: as the header says, or measured where it cannot be right."""

from __future__ import annotations

from pathlib import Path

import av.error
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from gaze_pipeline.media.clock import DEFAULT_FPS
from gaze_pipeline.media.reader import JUMP_FORWARD_S, Progress
from gaze_pipeline.media.source import Source, open_source

MAX_PACKETS = 2_000_000  # about nine hours of picture and sound
MAX_BYTES = 2 << 30
BEAT_PACKETS = 500
SANE_BIT_RATE = (500.0, 20e9)  # bits a second over the whole file
# Their headers carry no length, so that the demuxer guesses it from the bit rate.
GUESSED = {"aac", "ac3", "eac3", "dts", "h264", "hevc", "m4v", "mpegvideo", "obu", "vvc"}


def measure_duration(source: Source, on_progress: Progress | None = None) -> int:
    """The duration in ms as a player shows it, at least 1.

    Where the header says nothing, or nothing possible, packets are read (not decoded) up to a bound
    and the rest is extrapolated from their place in the file.
    """
    seconds = source.duration
    if seconds is None or source.format in GUESSED or not _plausible(source.path, seconds):
        seconds = _measured(source.path, on_progress)
    return max(1, round(seconds * 1000))


def _plausible(path: Path, seconds: float) -> bool:
    low, high = SANE_BIT_RATE
    return low < path.stat().st_size * 8 / seconds < high


def _measured(path: Path, on_progress: Progress | None) -> float:
    reached: dict[int, float] = {}
    read = 0
    with open_source(path) as source:
        try:
            for count, packet in enumerate(source.container.demux(*source.streams)):
                if on_progress is not None and count % BEAT_PACKETS == 0:
                    on_progress(min(read / path.stat().st_size, 1.0))
                if packet.size == 0:
                    continue
                index = packet.stream_index
                reached[index] = _end(source, packet, reached.get(index, 0.0))
                read += packet.size
                if count >= MAX_PACKETS or read >= MAX_BYTES:
                    share = path.stat().st_size / read
                    return max(reached.values()) * max(1.0, share)
        except (av.error.FFmpegError, IndexError):
            pass  # what could be read before counts; IndexError as in `Reader`
    return max(reached.values(), default=0.0)


def _end(source: Source, packet: Packet[Stream], before: float) -> float:
    """When the stream of `packet` ends so far, in seconds; without (believable) timestamps, added up."""
    length = float((packet.duration or 0) * (packet.stream.time_base or 0))
    timestamp = packet.pts if packet.pts is not None else packet.dts
    end = before if timestamp is None else source.seconds(timestamp, packet.stream) + length
    if timestamp is not None and end <= before + JUMP_FORWARD_S:
        return max(before, end)
    if not length and isinstance(packet.stream, VideoStream):
        length = 1.0 / float(packet.stream.average_rate or DEFAULT_FPS)
    return before + length
