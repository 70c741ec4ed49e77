"""One frame every few seconds, as a player shows them, decoding as little as possible."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

import av.error
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.abreast import decoded_abreast
from gaze_pipeline.media.clock import VideoClock
from gaze_pipeline.media.decoding import UnsoundKeyframeError, decoded
from gaze_pipeline.media.extracts import FrameExtract, frame_name
from gaze_pipeline.media.geometry import Image, pixel_aspect
from gaze_pipeline.media.h264.sparing import spared
from gaze_pipeline.media.images import encode_jpeg
from gaze_pipeline.media.output import write_durably
from gaze_pipeline.media.picture import Painter
from gaze_pipeline.media.reader import Progress, Pulse, Reader
from gaze_pipeline.media.schedule import Every, Schedule
from gaze_pipeline.media.selection import Step, select
from gaze_pipeline.media.source import open_source

MAX_HOLD_MS = 600_000  # one frame shown for longer is sampled no further
MAX_HELD = (
    10_000  # nor any, once so many are repetitions: clocks that damage slowed down bear no bounds
)
# Codecs whose keyframes stand for themselves, so that whole groups of pictures can be left out.
RESTARTABLE = {
    "av1", "dnxhd", "hevc", "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "prores", "vp8",
    "vp9", "vvc",
}  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """A sampled frame: a player that seeks to `timestamp_ms` shows `image`.

    `image` is uint8 [h, w, 3] RGB, upright, with square pixels.
    """

    timestamp_ms: int
    image: Image


class FrameSampler(AbstractContextManager["FrameSampler"]):
    """Iterates once over the frames of a video that are shown at the times of a schedule.

    For each of its times the frame shown then is yielded, with its own time; a frame that is shown for
    longer comes again, with the time of the schedule as its own. So timestamps rise strictly. The long
    side of an image is at most `max_px`. A file without a picture yields nothing. After exhaustion
    `damage` says in words what could not be read, None if nothing.

    Raises GazeError: as `open_source`; CODEC_UNSUPPORTED where no decoder for the picture is built
    in; FILE_DAMAGED where not one frame can be decoded.
    """

    def __init__(
        self,
        path: Path,
        schedule: Schedule = Every(2000),  # noqa: B008 - frozen
        max_px: int = 512,
        on_progress: Progress | None = None,
    ) -> None:
        self._path = path
        self._schedule = schedule
        self._max_px = max_px
        self._on_progress = on_progress
        self._due = 0  # ms, the next time to sample
        self._count = 0
        self._held = 0
        self._corrupt = 0
        self._frames = self._sample()
        self.damage: str | None = None

    def __iter__(self) -> Iterator[Frame]:
        return self._frames

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._frames.close()

    def _sample(self) -> Generator[Frame]:
        try:
            yield from self._pass(selecting=True)
        except UnsoundKeyframeError:
            # Goes on at the time that is due, decoding everything.
            yield from self._pass(selecting=False)

    def _pass(self, selecting: bool) -> Iterator[Frame]:
        with open_source(self._path) as source:
            stream = source.video
            if stream is None:
                if source.undecodable_video:
                    raise GazeError(ErrorCode.CODEC_UNSUPPORTED, self._path)
                return
            reader = Reader(source, stream, self._on_progress)
            clock = VideoClock(source, stream)
            frames = (
                self._selected(reader, stream, clock)
                if selecting
                else decoded((Step(packet) for packet in reader), reader, stream)
            )
            painter = Painter(pixel_aspect(stream), self._max_px)
            shown: _Shown | None = None
            for frame in frames:
                at = max(0, clock.frame_ms(frame))
                if shown is None:
                    self._due = self._due if self._count else self._schedule.begin(at)
                elif at < shown.at:
                    continue
                else:
                    yield from self._until(at, shown)
                shown = _Shown(frame, at, painter)
            if shown is not None:
                yield from self._until(max(shown.at + 1, math.ceil(reader.end * 1000)), shown)
            self.damage = self._describe(reader)
        if not self._count and selecting:
            raise UnsoundKeyframeError  # what was left out may be all that can be decoded
        if not self._count:
            raise GazeError(ErrorCode.FILE_DAMAGED, self._path, "not one frame can be decoded")

    def _selected(
        self, reader: Reader, stream: VideoStream, clock: VideoClock
    ) -> Iterator[VideoFrame]:
        """What must be decoded; all of it where a codec's keyframes do not stand for themselves."""
        match stream.codec_context.codec.canonical_name:
            case "h264":
                steps = select(reader, self._schedule, clock.to_ms, hidden=0)
                steps = spared(steps, stream.codec_context.extradata or b"")
                return decoded_abreast(steps, reader, stream, partial(self._is_due, clock))
            case name if name in RESTARTABLE:
                return decoded(select(reader, self._schedule, clock.to_ms), reader, stream)
            case _:
                return decoded((Step(packet) for packet in reader), reader, stream)

    def _is_due(self, clock: VideoClock, pts: int, end: int) -> bool:
        """Whether any time of the schedule lies from `pts` on and before `end`."""
        at, after = (max(0, clock.to_ms(one)) for one in (pts, end))
        return self._schedule.after(at - 1) < after

    def _until(self, end: int, shown: _Shown) -> Iterator[Frame]:
        """What is due before `end` ms while `shown` is on the screen."""
        while self._due < end:
            if self._due - shown.at > MAX_HOLD_MS or (shown.painted and self._held >= MAX_HELD):
                self._due = self._schedule.after(end - 1)
                return
            due, self._due = self._due, self._schedule.after(self._due)
            try:
                image, first = shown.show()
            except av.error.FFmpegError:
                self._corrupt += 1
                continue
            self._count += 1
            self._held += not first
            self._corrupt += first and shown.corrupt
            yield Frame(shown.at if first else due, image)

    def _describe(self, reader: Reader) -> str | None:
        parts = [reader.damage] if reader.damage else []
        if self._corrupt:
            parts.append(f"{self._corrupt} of the sampled frames are damaged")
        return "; ".join(parts) or None


class _Shown:
    """The frame on the screen, painted once however often it is asked for."""

    def __init__(self, frame: VideoFrame, at: int, painter: Painter) -> None:
        self.at = at
        self.corrupt = frame.is_corrupt
        self._frame = frame
        self._painter = painter
        self._image: Image | None = None

    @property
    def painted(self) -> bool:
        """Whether it was asked for already."""
        return self._image is not None

    def show(self) -> tuple[Image, bool]:
        """The image, and whether this is the first time it is shown."""
        first = self._image is None
        if self._image is None:
            self._image = self._painter.paint(self._frame)
        return self._image, first


def write_frames(
    path: Path,
    folder: Path,
    schedule: Schedule,
    max_px: int,
    quality: int,
    on_progress: Progress | None = None,
) -> FrameExtract:
    """Write what a `FrameSampler` yields as JPEG files into `folder`, named by `frame_name`.

    Each file is on the disk when this returns: fsync took 0.4 ms a file here, 2% of decoding and encoding
    it, and unlike sync() waits for nobody else's data. Raises GazeError: as `FrameSampler`, and DISK_FULL
    or FILE_UNREADABLE where `folder` cannot be written.
    """
    times: list[int] = []
    pulse = Pulse(on_progress)
    with FrameSampler(path, schedule, max_px, pulse) as frames:
        for index, frame in enumerate(frames):
            write_durably(folder / frame_name(index), encode_jpeg(frame.image, quality))
            times.append(frame.timestamp_ms)
            pulse.beat()  # one frame may be held on the screen, and written, for long
        return FrameExtract(times, frames.damage)
