"""Decoding the selected packets of a video stream, in all threads, and watching that it is sound."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gaze_pipeline.media.reader import Reader
from gaze_pipeline.media.selection import Step

MAX_THREADS = 8


class UnsoundKeyframeError(Exception):
    """A keyframe did not decode by itself: this file must be decoded from its start."""


def threads() -> int:
    """How many threads decode."""
    return min(os.cpu_count() or 1, MAX_THREADS)


def own_decoder(stream: VideoStream) -> VideoCodecContext:
    """The decoder that comes with a stream, in all of FFmpeg's threads."""
    decoder = stream.codec_context
    if not decoder.is_open:
        decoder.thread_type = "AUTO"
        decoder.thread_count = threads()
    return decoder


def decoded(
    steps: Iterable[Step[Packet[Stream]]], reader: Reader, stream: VideoStream
) -> Iterator[VideoFrame]:
    """The frames of `steps` in display order, without the hollow ones; raises UnsoundKeyframeError."""
    return decoded_by(own_decoder(stream), steps, reader)


def decoded_by(
    decoder: VideoCodecContext, steps: Iterable[Step[Packet[Stream]]], reader: Reader
) -> Iterator[VideoFrame]:
    """The same, by a decoder that need not be the stream's own."""
    watch = _Watch()
    for step in steps:
        if step.restart:
            yield from watch.sound(reader.decode(None, VideoFrame, decoder))
            watch.begin(step.packet.pts)
            decoder.flush_buffers()
        if step.hollow:
            watch.hollow.add(step.packet.pts)
        decoder.skip_frame = "NONREF" if step.droppable else "DEFAULT"
        yield from watch.sound(reader.decode(step.packet, VideoFrame, decoder))
    yield from watch.sound(reader.decode(None, VideoFrame, decoder))
    watch.begin(None)


class _Watch:
    """Sees to it that what comes out is sound, and was more than counted."""

    def __init__(self) -> None:
        self._taken_up: int | None = None  # pts of a keyframe of which no frame has come out yet
        self.hollow: set[int | None] = set()
        """The pts of the frames that show nothing."""

    def begin(self, pts: int | None) -> None:
        """Decoding begins afresh at this keyframe, or is over."""
        if self._taken_up is not None:
            raise UnsoundKeyframeError
        self._taken_up = pts
        self.hollow.clear()

    def sound(self, frames: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
        """Frames that come out, but for the hollow ones."""
        for frame in frames:
            if self._taken_up is not None and (
                frame.is_corrupt or (frame.pts or 0) < self._taken_up
            ):
                raise UnsoundKeyframeError
            self._taken_up = None
            if frame.pts in self.hollow:
                self.hollow.discard(frame.pts)
            else:
                yield frame
