"""Reading the facts of a file, and refusing what is no video."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import av.error
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.duration import measure_duration
from gaze_pipeline.media.facts import MediaFacts
from gaze_pipeline.media.geometry import Orientation, display_size, orientation, pixel_aspect
from gaze_pipeline.media.reader import F, Progress, Reader
from gaze_pipeline.media.source import Source, moving, open_source

FIRST_FRAME_PACKETS = 600  # a broken start of up to some ten seconds is looked past
# Formats recognised by little more than a few matching bytes: without a decodable frame, noise.
WEAK_FORMATS = {
    "mp3",
    "aac",
    "ac3",
    "eac3",
    "h264",
    "hevc",
    "m4v",
    "mpegvideo",
    "mpeg",
    "dts",
    "obu",
}
PLAUSIBLE_FPS = 1000.0
ANIMATIONS = {"gif", "apng"}


def probe(path: Path, on_progress: Progress | None = None) -> MediaFacts:
    """The facts of a media file; decodes one frame of it.

    `on_progress` is a sign of life, its fractions mean little.
    Raises GazeError: FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY, NOT_A_VIDEO, CODEC_UNSUPPORTED or
    FILE_DAMAGED.
    """
    with open_source(path) as source:
        video, audio = source.video, source.audio
        if source.format in ANIMATIONS and _is_still(source):
            raise GazeError(ErrorCode.NOT_A_VIDEO, path, "a still image")
        turned = _first_frame(source, on_progress)
        container = source.container
        width = height = 0
        if video is not None:
            width, height = display_size(video.width, video.height, pixel_aspect(video))
            if turned.transpose:
                width, height = height, width
        audio_streams = container.streams.audio
        metadata = {key.lower(): value for key, value in container.metadata.items()}
        return MediaFacts(
            duration_ms=measure_duration(source, on_progress),
            width=width,
            height=height,
            rotation=turned.rotation,
            fps=_fps(source),
            container=source.format,
            video_codec=_codec(video, bool(moving(container))),
            audio_codec=_codec(audio, bool(audio_streams)),
            pixel_format=None if video is None else video.pix_fmt,
            audio_streams=len(audio_streams),
            other_audio_first=audio is not None and audio_streams[0].index != audio.index,
            created=_created(metadata),
            camera=_camera(metadata),
            place=_place(metadata),
            starts_ms=round(source.zero * 1000),
        )


def _is_still(source: Source) -> bool:
    assert source.video is not None
    packets = list(islice(Reader(source, source.video), 2))
    source.container.seek(0)
    return len(packets) < 2


def _first_frame(source: Source, on_progress: Progress | None) -> Orientation:
    """Decode one frame to see that it can be done; returns how the picture is turned."""
    if source.video is not None:
        picture = _first(Reader(source, source.video, on_progress), VideoFrame)
        if picture is not None:
            return orientation(picture)
    if source.audio is not None:
        with suppress(av.error.FFmpegError):
            source.container.seek(0)
        if _first(Reader(source, source.audio, on_progress), AudioFrame) is not None:
            return Orientation()
    weak = source.format in WEAK_FORMATS
    code = ErrorCode.NOT_A_VIDEO if weak else ErrorCode.FILE_DAMAGED
    raise GazeError(code, source.path, "nothing in it can be decoded")


def _first(reader: Reader, kind: type[F]) -> F | None:
    frames: list[F] = []
    for count, packet in enumerate(reader):
        frames = reader.decode(packet, kind)
        if frames or count >= FIRST_FRAME_PACKETS:
            break
    frames = frames or reader.decode(None, kind)
    return frames[0] if frames else None


def _codec(stream: object, present: bool) -> str | None:
    if stream is None:
        return "unknown" if present else None
    return str(stream.codec_context.codec.canonical_name)  # type: ignore[attr-defined]


def _fps(source: Source) -> float:
    if source.video is None:
        return 0.0
    rate = float(source.video.average_rate or source.video.guessed_rate or 0)
    return round(rate, 3) if rate <= PLAUSIBLE_FPS else 0.0


def _created(metadata: dict[str, str]) -> str | None:
    """ISO 8601, None where the camera's clock was plainly not set."""
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date"):
        text = metadata.get(key, "").strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            continue
        if 1980 < moment.year <= datetime.now(UTC).year + 1:
            return moment.isoformat()
    return None


def _camera(metadata: dict[str, str]) -> str | None:
    make, model = (
        metadata.get(f"com.apple.quicktime.{key}") or metadata.get(key) or ""
        for key in ("make", "model")
    )
    name = model if model.startswith(make) else f"{make} {model}"
    return name.strip() or None


def _place(metadata: dict[str, str]) -> str | None:
    """ISO 6709, as phones write it: +54.1843-002.7189/."""
    for key in ("com.apple.quicktime.location.iso6709", "location", "location-eng"):
        if re.match(r"[+-]\d", text := metadata.get(key, "").strip()):
            return text
    return None
