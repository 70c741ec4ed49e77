"""Decoding the selected packets of a video stream, in all threads, and watching that it is sound."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gaze_pipeline.media.reader import Reader
from gaze_pipeline.media.selection import Step

MAX_THREADS = 8


class UnsoundKeyframeError(Exception):
    """A keyframe did not decode by itself: this file must be decoded from its start."""


def decoded(
    steps: Iterable[Step[Packet[Stream]]], reader: Reader, stream: VideoStream
) -> Iterator[VideoFrame]:
    """The frames of `steps` in display order; raises UnsoundKeyframeError."""
    codec = stream.codec_context
    codec.thread_type = "AUTO"
    codec.thread_count = min(os.cpu_count() or 1, MAX_THREADS)
    taken_up: int | None = None  # pts of a keyframe of which no frame has come out yet
    for step in steps:
        if step.restart:
            for frame in reader.decode(None, VideoFrame):
                _check(frame, taken_up)
                taken_up = None
                yield frame
            if taken_up is not None:
                raise UnsoundKeyframeError
            codec.flush_buffers()
            taken_up = step.packet.pts
        codec.skip_frame = "NONREF" if step.droppable else "DEFAULT"
        for frame in reader.decode(step.packet, VideoFrame):
            _check(frame, taken_up)
            taken_up = None
            yield frame
    for frame in reader.decode(None, VideoFrame):
        _check(frame, taken_up)
        taken_up = None
        yield frame
    if taken_up is not None:
        raise UnsoundKeyframeError


def _check(frame: VideoFrame, taken_up: int | None) -> None:
    if taken_up is not None and (frame.is_corrupt or (frame.pts or 0) < taken_up):
        raise UnsoundKeyframeError
