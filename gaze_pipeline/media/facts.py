"""What is known of a media file before any of it is indexed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MediaFacts:
    """The facts of one file, as a player shows it.

    `width` and `height` are px of the upright picture with the pixel aspect applied (0 without a
    picture); `rotation` is how far, in degrees clockwise (0, 90, 180, 270), the stored picture is
    turned for that. `video_codec` or `audio_codec` is None where there is no such stream, and
    "unknown" where no decoder for it is built in. `other_audio_first` tells that a browser would
    play another audio track than the one flagged as default. `created` is ISO 8601, `place`
    ISO 6709. `starts_ms` is what the file's own clock shows at 0:00, None where it was not asked.
    """

    duration_ms: int
    width: int
    height: int
    rotation: int
    fps: float
    container: str
    video_codec: str | None
    audio_codec: str | None
    pixel_format: str | None
    audio_streams: int
    created: str | None
    camera: str | None
    place: str | None
    other_audio_first: bool
    starts_ms: int | None = None
