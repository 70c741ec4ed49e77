"""Opening a media file: which formats are trusted, which streams matter, where its time begins."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av
import av.error
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from gaze_pipeline.errors import ErrorCode, GazeError

av.logging.set_level(None)

# Images, subtitles and playlists are left out: a playlist could make the demuxer open other files.
DEMUXERS = (
    "aac,ac3,aiff,amr,ape,apng,asf,au,av1,avi,caf,dhav,dts,dv,eac3,flac,flv,gif,h264,hevc,ivf,m4v,"
    "matroska,mov,mp3,mpeg,mpegts,mpegvideo,mxf,nsv,nut,obu,ogg,rm,tta,vc1,vvc,w64,wav,wtv,wv,"
    "yuv4mpegpipe"
)

NOT_MOVING = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
STILL_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"}
MP4_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"styp", b"sidx"}
MEDIA_MAGIC = (b"\x1aE\xdf\xa3", b"FLV", b"OggS", b"0&\xb2u", b"\x00\x00\x01\xba", b".RMF", b"ID3")
HEAD_BYTES = 400
MIN_BIT_RATE = 1.0  # bits a second: the slowest of slide shows have more

S = TypeVar("S", bound=Stream)


@dataclass(frozen=True)
class Source:
    """An open media file.

    `video` and `audio` are the streams a player would play (None where there is none, or where no
    decoder is built in: `undecodable_video` then tells). `zero` is the container time, in seconds,
    that a player shows as 0:00. `duration` is what the header promises, in seconds; None where it
    promises nothing, or centuries.
    """

    path: Path
    container: InputContainer
    video: VideoStream | None
    audio: AudioStream | None
    undecodable_video: bool
    zero: float
    duration: float | None
    format: str

    def seconds(self, timestamp: int, stream: Stream) -> float:
        """The player's time, in seconds, of a timestamp of `stream`."""
        base = stream.time_base or Fraction(0)
        return timestamp * base.numerator / base.denominator - self.zero

    @property
    def streams(self) -> list[Stream]:
        """All streams that carry moving pictures or sound."""
        return [*moving(self.container), *self.container.streams.audio]


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a media file for reading.

    Raises GazeError: FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY, NOT_A_VIDEO, FILE_DAMAGED (known
    container that cannot be opened) or CODEC_UNSUPPORTED (no stream of it can be decoded).
    """
    head = _head(path)
    container = _open(path, head)
    try:
        yield _describe(path, container, head)
    finally:
        container.close()


def moving(container: InputContainer) -> list[VideoStream]:
    """The video streams that are more than cover art or thumbnails."""
    return [
        stream
        for stream in container.streams.video
        if not Disposition(stream.disposition) & NOT_MOVING
    ]


def _head(path: Path) -> bytes:
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise GazeError(ErrorCode.NOT_A_VIDEO, path, "not a regular file")
        if info.st_size == 0:
            raise GazeError(ErrorCode.FILE_EMPTY, path)
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise GazeError(ErrorCode.FILE_NOT_FOUND, path) from error
    except OSError as error:
        raise GazeError(ErrorCode.FILE_UNREADABLE, path, str(error.strerror or error)) from error


def _open(path: Path, head: bytes) -> InputContainer:
    if head[4:8] == b"ftyp" and head[8:12] in STILL_BRANDS:
        raise GazeError(ErrorCode.NOT_A_VIDEO, path, "a still image")
    options = {
        "format_whitelist": DEMUXERS,
        "protocol_whitelist": "file",
        "fflags": "+genpts",
    }
    try:
        # An absolute path cannot be taken for a protocol ("a:b.mp4").
        return av.open(
            str(path.absolute()), "r", container_options=options, metadata_errors="replace"
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        raise GazeError(ErrorCode.FILE_NOT_FOUND, path) from error
    except (av.error.FFmpegError, ValueError) as error:
        whole_format = isinstance(error, av.error.ArgumentError)  # outside the whitelist
        damaged = _known_container(head) and not whole_format
        code = ErrorCode.FILE_DAMAGED if damaged else ErrorCode.NOT_A_VIDEO
        raise GazeError(code, path, getattr(error, "strerror", None) or str(error)) from error


def _known_container(head: bytes) -> bool:
    return (
        head[4:8] in MP4_BOXES
        or head.startswith(MEDIA_MAGIC)
        or (head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE"))
        or (head[:1] == b"G" and head[188:189] == b"G" and head[376:377] == b"G")
    )


def _describe(path: Path, container: InputContainer, head: bytes) -> Source:
    videos = moving(container)
    decodable = [stream for stream in videos if stream.codec_context is not None]
    video = _preferred(decodable)
    audio = _preferred([s for s in container.streams.audio if s.codec_context is not None])
    if video is None and audio is None:
        if videos or container.streams.audio:
            raise GazeError(ErrorCode.CODEC_UNSUPPORTED, path)
        raise GazeError(ErrorCode.NOT_A_VIDEO, path, "no picture and no sound in it")
    starts = [
        float(stream.start_time * (stream.time_base or 0))
        for stream in (*videos, *container.streams.audio)
        if stream.start_time is not None
    ]
    zero = min(starts, default=0.0)
    duration = (container.duration or 0) / av.time_base
    if container.format.name.startswith("matroska"):
        duration -= zero  # its header tells when it ends
    believable = 0 < duration < path.stat().st_size * 8 / MIN_BIT_RATE
    return Source(
        path=path,
        container=container,
        video=video,
        audio=audio,
        undecodable_video=bool(videos) and video is None,
        zero=zero,
        duration=duration if believable else None,
        format=_format(container, head),
    )


def _preferred(streams: list[S]) -> S | None:
    flagged = [stream for stream in streams if stream.disposition & Disposition.default]
    return next(iter(flagged or streams), None)


def _format(container: InputContainer, head: bytes) -> str:
    """One short name: mp4, mov, webm, matroska, mpegts, avi, ..."""
    name = container.format.name
    if name.startswith("mov,"):
        return "mov" if container.metadata.get("major_brand", "qt").strip() == "qt" else "mp4"
    if name.startswith("matroska"):
        return "webm" if b"webm" in head[:64] else "matroska"
    return name.split(",")[0]
