"""How long a file plays: as the header says, or measured where it cannot be right."""

from __future__ import annotations

import av.error

from gaze_pipeline.media.source import Source

MAX_PACKETS = 2_000_000  # about nine hours of picture and sound
MAX_BYTES = 2 << 30
SANE_BIT_RATE = (500.0, 20e9)  # bits a second over the whole file
# Their headers carry no length, so that the demuxer guesses it from the bit rate.
GUESSED = {"aac", "ac3", "eac3", "dts", "h264", "hevc", "m4v", "mpegvideo", "obu", "vvc"}


def measure_duration(source: Source) -> int:
    """The duration in ms as a player shows it, at least 1.

    Where the header says nothing, or nothing possible, packets are read (not decoded) up to a bound
    and the rest is extrapolated from their place in the file.
    """
    if source.duration is not None and source.format not in GUESSED and _plausible(source):
        return max(1, round(source.duration * 1000))
    return max(1, round(_measured(source) * 1000))


def _plausible(source: Source) -> bool:
    assert source.duration is not None
    low, high = SANE_BIT_RATE
    return low < source.path.stat().st_size * 8 / source.duration < high


def _measured(source: Source) -> float:
    try:
        source.container.seek(0)
    except av.error.FFmpegError:
        return source.duration or 0.0
    reached = 0.0
    read = 0
    count = 0
    untimed: dict[int, float] = {}
    try:
        for packet in source.container.demux(*source.streams):
            length = float((packet.duration or 0) * (packet.stream.time_base or 0))
            timestamp = packet.pts if packet.pts is not None else packet.dts
            if timestamp is None:
                untimed[packet.stream_index] = untimed.get(packet.stream_index, 0.0) + length
            else:
                reached = max(reached, source.seconds(timestamp, packet.stream) + length)
            count += 1
            read += packet.size
            if count >= MAX_PACKETS or read >= MAX_BYTES:
                return reached * max(1.0, source.path.stat().st_size / max(read, 1))
    except av.error.FFmpegError:
        pass
    return max(reached, *untimed.values(), 0.0) if untimed else reached
