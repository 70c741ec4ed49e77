"""Reading the packets of one stream however damaged the file is, and saying what was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Lock
from typing import TypeVar

import av.error
from av.audio.frame import AudioFrame
from av.codec.context import CodecContext
from av.packet import Packet
from av.stream import Discard, Stream
from av.video.frame import VideoFrame

from gaze_pipeline.media.source import Source

Progress = Callable[[float], None]
"""Called with the done fraction, 0..1, and at least twice a second while packets come; what it raises ends
the work."""

F = TypeVar("F", AudioFrame, VideoFrame)

MAX_FAILED_READS = 50  # one after another, without a packet between them
TOLERATED_PACKETS = 2  # a player hides as much
JUMP_BACK_S = 1.0
JUMP_FORWARD_S = 3600.0
PAST_END_S = 60.0
# Containers whose header is a promise; the others estimate their duration from the bit rate.
BEAT_S = 0.5
FIRM = {"mp4", "mov", "webm", "matroska", "avi", "asf", "flv"}


class Pulse:
    """Passes progress on, and again where work goes on without a packet."""

    def __init__(self, on_progress: Progress | None) -> None:
        self._on_progress = on_progress
        self._fraction = 0.0

    def __call__(self, fraction: float) -> None:
        """The fraction reached."""
        self._fraction = fraction
        self.beat()

    def beat(self) -> None:
        """A sign of life."""
        if self._on_progress is not None:
            self._on_progress(self._fraction)


class Reader:
    """The packets of one stream, in file order, with the clock mended.

    Unreadable stretches are passed over. Timestamps that jump by more than a file can hold (a reset
    clock in a recording) are shifted so that time goes on. After exhaustion `damage` says in words
    what is missing, None if nothing is.
    """

    def __init__(
        self,
        source: Source,
        stream: Stream,
        on_progress: Progress | None = None,
        start: float = 0.0,  # s, about where the source was sought to
    ) -> None:
        self.source = source
        self.stream = stream
        self.reached = 0.0  # s, the end of the last packet of any stream read
        self.end = 0.0  # s, the end of the last packet of this stream
        self._own_promise = source.format in {"mp4", "mov"} and bool(stream.duration)
        self._on_progress = on_progress
        self._told = -1.0
        self._told_at = time.monotonic()
        self._done = 0.0
        self._shift = 0
        self._start = start
        self._next: float | None = None  # s, when the next packet is expected to be decoded
        self._packets = 0
        self._lost = 0
        self._lost_at = 0.0
        self._why = ""
        self._losing = Lock()

    def __iter__(self) -> Iterator[Packet[Stream]]:
        streams = [self.stream] if self._own_promise else self.source.streams
        for stream in self.source.container.streams:
            stream.discard = Discard.default if stream in streams else Discard.all
        failures = 0
        while failures < MAX_FAILED_READS:
            try:
                for packet in self.source.container.demux(*streams):
                    failures = 0
                    self.tell()
                    if packet.size == 0:
                        continue
                    if packet.stream_index != self.stream.index:
                        self._note_other(packet)
                        continue
                    self._mend_clock(packet)
                    self._packets += 1
                    yield packet
                break
            except av.error.FFmpegError as error:
                failures += 1
                self._why = self._why or (error.strerror or str(error))
            except IndexError:  # PyAV's, at the end of a file in which a stream turned up half-way
                break
        self._done = 1.0
        if self._on_progress is not None:
            self._on_progress(self._done)

    def decode(
        self, packet: Packet[Stream] | None, kind: type[F], decoder: CodecContext | None = None
    ) -> list[F]:
        """The frames that `packet` completes (None: those still held back); [] if it is corrupt.

        By the stream's own decoder, or another; several threads may decode, each by one of its own.
        """
        try:
            frames = (decoder or self.stream.codec_context).decode(packet)  # type: ignore[attr-defined]
        except av.error.FFmpegError as error:
            if packet is not None:
                self._lose(packet, error)
            return []
        return [frame for frame in frames if isinstance(frame, kind)]

    @property
    def damage(self) -> str | None:
        """What is missing, in words."""
        parts = []
        promise = self._promise()
        reached = self.end if self._own_promise else self.reached
        if promise is not None and reached < promise - 1.0 - promise / 1000:
            parts.append(f"ends at {reached:.1f} s of {promise:.1f} s")
        if self._lost > max(TOLERATED_PACKETS, self._packets // 1000):
            parts.append(
                f"{self._lost} of {self._packets} packets are corrupt, "
                f"the first at {self._lost_at:.1f} s: {self._why}"
            )
        return "; ".join(parts) or None

    def _promise(self) -> float | None:
        if self.source.format not in FIRM or self.source.duration is None:
            return None
        if self._own_promise and self.stream.duration is not None:
            end = (self.stream.start_time or 0) + self.stream.duration
            return min(self.source.seconds(end, self.stream), self.source.duration)
        # The demuxer shortens the duration of an AVI that is cut; its count of frames stays.
        counted = [float(s.frames * (s.time_base or 0)) for s in self._counted()]
        return max([self.source.duration, *counted])

    def _counted(self) -> list[Stream]:
        return self.source.streams if self.source.format == "avi" else []

    def _mend_clock(self, packet: Packet[Stream]) -> None:
        # Decoding times run in file order; display times jump to and fro around them.
        order = packet.dts if packet.dts is not None else packet.pts
        if order is None:
            return
        decoded_at = self.source.seconds(order + self._shift, self.stream)
        if packet.dts is not None:
            expected = self._start if self._next is None else self._next
            if not self._believable(decoded_at, expected):
                self._shift += round((expected - decoded_at) / float(self.stream.time_base or 1))
                decoded_at = expected
            length = float((packet.duration or 0) * (self.stream.time_base or 0))
            self._next = decoded_at + length
        if self._shift:
            packet.pts = None if packet.pts is None else packet.pts + self._shift
            packet.dts = None if packet.dts is None else packet.dts + self._shift
        shown = packet.pts if packet.pts is not None else packet.dts
        if shown is not None:
            end = self.source.seconds(shown + (packet.duration or 0), self.stream)
            self.end = max(self.end, end)
            self.reached = max(self.reached, self.end)
        if self.source.duration:
            self._done = max(self._done, min(decoded_at / self.source.duration, 1.0))

    def _believable(self, at: float, expected: float) -> bool:
        if at < expected - JUMP_BACK_S and self._next is not None:
            return False
        duration = self.source.duration
        if duration is None or self.source.format not in FIRM:
            return at <= expected + JUMP_FORWARD_S
        return at <= max(expected, duration) + PAST_END_S

    def _note_other(self, packet: Packet[Stream]) -> None:
        if packet.pts is not None:
            at = self.source.seconds(packet.pts + (packet.duration or 0), packet.stream)
            if self.source.duration is None or at < self.source.duration + PAST_END_S:
                self.reached = max(self.reached, at)

    def _lose(self, packet: Packet[Stream], error: av.error.FFmpegError) -> None:
        order = packet.dts if packet.dts is not None else packet.pts
        at = self._next or 0.0 if order is None else self.source.seconds(order, self.stream)
        with self._losing:
            if not self._lost or at < self._lost_at:
                self._lost_at = max(0.0, at)
                self._why = error.strerror or str(error)
            self._lost += 1

    def tell(self) -> None:
        """Report progress, if it is time for it."""
        now = time.monotonic()
        if self._done >= self._told + 0.005 or now >= self._told_at + BEAT_S:
            self._told, self._told_at = self._done, now
            if self._on_progress is not None:
                self._on_progress(self._done)
