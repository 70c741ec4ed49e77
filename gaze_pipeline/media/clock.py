"""Timestamps of pictures on the player's clock."""

from __future__ import annotations

import math

from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gaze_pipeline.media.source import Source

DEFAULT_FPS = 25


class VideoClock:
    """Says when the frames of one video stream are shown."""

    def __init__(self, source: Source, stream: VideoStream) -> None:
        self._source = source
        self._stream = stream
        self._step = 1.0 / float(stream.average_rate or stream.guessed_rate or DEFAULT_FPS)
        self._last = -self._step

    def seconds(self, frame: VideoFrame) -> float:
        """The frame's time; without a timestamp, one frame after the one asked for before."""
        if frame.pts is None:
            self._last += self._step
        else:
            self._last = self._source.seconds(frame.pts, self._stream)
        return self._last

    def frame_ms(self, frame: VideoFrame) -> int:
        """The frame's time as `to_ms` gives it."""
        return _ms(self.seconds(frame))

    def to_ms(self, pts: int) -> int:
        """The time of a timestamp, rounded up: a player that seeks there shows its frame."""
        return _ms(self._source.seconds(pts, self._stream))


def _ms(seconds: float) -> int:
    return math.ceil(seconds * 1000 - 1e-6)
