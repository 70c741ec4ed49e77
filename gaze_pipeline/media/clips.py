"""Copies of a file, or of a range of it, that a browser can play."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av.error
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.audio import laid_out
from gaze_pipeline.media.clock import VideoClock
from gaze_pipeline.media.decoding import decoded
from gaze_pipeline.media.encoding import (
    FASTSTART,
    FORMATS,
    SOUND_RATE,
    Timed,
    encode_pictures,
    encode_sound,
    mux,
    with_dts,
)
from gaze_pipeline.media.extracts import Clip
from gaze_pipeline.media.geometry import display_size, fit, orientation, pixel_aspect, to_matrix
from gaze_pipeline.media.output import writing
from gaze_pipeline.media.playability import SOUNDS_IN, PlayMode
from gaze_pipeline.media.reader import Progress, Reader
from gaze_pipeline.media.selection import Step
from gaze_pipeline.media.source import Source, open_source
from gaze_pipeline.media.timeline import Timeline

MAX_PX = 1280
TICKS = 90_000  # a second
PREROLL_S = 1.0  # sound decoders need a little of what comes before
UNINDEXED = {"mpegts", "mpeg"}  # seeking lands on any picture of these, not on a keyframe
LONGEST_GROUP_S = 10.0
X264 = {"preset": "superfast", "crf": "23"}  # keeps well ahead of playing


def write_clip(
    path: Path,
    out: Path,
    start_ms: int = 0,
    end_ms: int | None = None,
    mode: PlayMode = PlayMode.TRANSCODE,
    on_progress: Progress | None = None,
) -> Clip:
    """Write the range of `path` to `out` (.mp4 or .webm), picture and sound in step.

    REMUX copies the picture, so the clip starts at the keyframe before `start_ms`; the returned
    `start_ms` tells. TRANSCODE starts at `start_ms` exactly, with a long side of at most 1280 px.
    Sound that the container cannot carry is encoded anew in both. What cannot be copied is
    transcoded. Raises GazeError: as `open_source`, DISK_FULL or FILE_UNREADABLE for `out`,
    FILE_DAMAGED where nothing of the range can be decoded.
    """
    end = None if end_ms is None else end_ms / 1000
    if mode is PlayMode.REMUX:
        with suppress(_NotCopyableError):
            return _Writer(path, out, start_ms / 1000, end, on_progress).write(copying=True)
    return _Writer(path, out, start_ms / 1000, end, on_progress).write(copying=False)


class _NotCopyableError(Exception):
    """The packets of this file cannot be put into another container."""


class _Writer:
    """One attempt at a clip; picture and sound are read apart, each by its own reader."""

    def __init__(
        self, path: Path, out: Path, start: float, end: float | None, progress: Progress | None
    ) -> None:
        self._path = path
        self._out = out
        self._start = start  # s
        self._end = end  # s, None: to the end
        self._progress = progress

    def write(self, copying: bool) -> Clip:
        muxer = FORMATS[self._out.suffix.lower()]
        with ExitStack() as stack:
            pictures = stack.enter_context(open_source(self._path))
            sounds = stack.enter_context(open_source(self._path))
            container = stack.enter_context(
                writing(self._out, muxer, FASTSTART if muxer == "mp4" else {})
            )
            streams = []
            try:
                if pictures.video is not None:
                    add = self._copied_pictures if copying else self._encoded_pictures
                    streams.append(add(pictures, pictures.video, container))
                if sounds.audio is not None:
                    streams.append(self._sound(sounds, container, muxer, copying))
                if streams:
                    mux(container, *streams)
            except (av.error.FFmpegError, ValueError) as error:
                if copying and not isinstance(error, OSError):
                    raise _NotCopyableError from error
                raise
        return Clip(
            round(self._start * 1000), None if self._end is None else round(self._end * 1000)
        )

    def _copied_pictures(
        self, source: Source, stream: VideoStream, container: OutputContainer
    ) -> Iterator[Timed]:
        _seek(source, stream, self._start)
        packets = iter(Reader(source, stream, self._progress, self._start))
        group = self._group_at_start(source, stream, packets)
        # A clip of the whole file keeps the file's own zero.
        if self._start > 0:
            self._start = source.seconds(group[0].pts or 0, stream)
        return self._copied(source, stream, chain(group, packets), container)

    def _group_at_start(
        self, source: Source, stream: VideoStream, packets: Iterator[Packet[Stream]]
    ) -> list[Packet[Stream]]:
        """The packets from the keyframe shown at the start (or the first after it) to there."""
        group: list[Packet[Stream]] = []
        for packet in packets:
            if packet.pts is None:
                raise _NotCopyableError
            if packet.is_keyframe and (not group or self._before_start(source, packet)):
                group = [packet]
            elif group:
                group.append(packet)
            if group and not self._before_start(source, packet):
                break
        if not group:
            raise _NotCopyableError
        return group

    def _before_start(self, source: Source, packet: Packet[Stream]) -> bool:
        return source.seconds(packet.pts or 0, packet.stream) <= self._start

    def _sound(
        self, source: Source, container: OutputContainer, muxer: str, copying: bool
    ) -> Iterator[Timed]:
        stream = source.audio
        assert stream is not None
        _seek(source, stream, self._start - PREROLL_S)
        progress = None if source.video else self._progress
        reader = Reader(source, stream, progress, self._start)
        if copying and stream.codec_context.codec.canonical_name in SOUNDS_IN[muxer]:
            return self._copied(source, stream, reader, container)
        blocks = laid_out(reader, Timeline(SOUND_RATE, self._start, stereo=True), self._end)
        return encode_sound(container, blocks, SOUND_RATE, 2)

    def _copied(
        self,
        source: Source,
        stream: Stream,
        packets: Iterable[Packet[Stream]],
        container: OutputContainer,
    ) -> Iterator[Timed]:
        copy = container.add_stream_from_template(stream, opaque=True)
        return self._shifted(source, stream, copy, packets)

    def _shifted(
        self, source: Source, stream: Stream, copy: Stream, packets: Iterable[Packet[Stream]]
    ) -> Iterator[Timed]:
        """The packets shown within the range, on the clip's clock."""
        zero = round((self._start + source.zero) / (stream.time_base or 1))
        for packet in with_dts(packets):
            if packet.pts is None or packet.dts is None:
                raise _NotCopyableError
            if self._end is not None and source.seconds(packet.dts, stream) >= self._end:
                return
            packet.pts -= zero
            packet.dts -= zero
            if packet.pts < 0:
                continue
            packet.stream = copy
            yield float(packet.dts * (stream.time_base or 0)), packet

    def _encoded_pictures(
        self, source: Source, stream: VideoStream, container: OutputContainer
    ) -> Iterator[Timed]:
        _seek(source, stream, self._start)
        reader = Reader(source, stream, self._progress, self._start)
        frames = decoded((Step(packet) for packet in reader), reader, stream)
        first = next(frames, None)
        if first is None:
            raise GazeError(ErrorCode.FILE_DAMAGED, self._path, "not one frame can be decoded")
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        copy = container.add_stream("libx264", rate=rate, options=X264)
        size = fit(*display_size(first.width, first.height, pixel_aspect(stream)), MAX_PX)
        copy.width, copy.height = (max(2, side // 2 * 2) for side in size)
        copy.pix_fmt = "yuv420p"
        copy.codec_context.time_base = Fraction(1, TICKS)
        copy.set_display_matrix(to_matrix(orientation(first)))
        return encode_pictures(copy, self._scaled(source, stream, copy, chain([first], frames)))

    def _scaled(
        self, source: Source, stream: VideoStream, copy: VideoStream, frames: Iterable[VideoFrame]
    ) -> Iterator[VideoFrame]:
        """The frames shown within the range, the one on the screen at its start first."""
        reformatter = VideoReformatter()
        clock = VideoClock(source, stream)
        waiting: VideoFrame | None = None
        shown = 0.0
        last = -1
        for frame in chain(frames, [None]):
            at = None if frame is None else clock.seconds(frame)
            if waiting is not None and (at is None or at > self._start):
                scaled = reformatter.reformat(waiting, copy.width, copy.height, "yuv420p")
                scaled.pts = last = max(round((shown - self._start) * TICKS), last + 1, 0)
                scaled.time_base = Fraction(1, TICKS)
                yield scaled
            if at is not None and self._end is not None and at >= self._end:
                return
            waiting, shown = frame, at or 0.0


def _seek(source: Source, stream: Stream, seconds: float) -> None:
    """Go to the keyframe before `seconds`, or stay at the start where the file cannot seek."""
    if source.format in UNINDEXED:
        seconds -= LONGEST_GROUP_S
    if seconds <= 0:
        return
    with suppress(av.error.FFmpegError):
        target = round((seconds + source.zero) / (stream.time_base or 1))
        source.container.seek(target, stream=stream)
