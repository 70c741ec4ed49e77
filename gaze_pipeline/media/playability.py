"""Whether a browser can play a file as it is, and what has to be done where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gaze_pipeline.media.facts import MediaFacts

# What Chromium decodes without the operating system's help.
PICTURES = {"h264", "vp8", "vp9", "av1"}
PICTURES_IN = {
    "mp4": {"h264", "vp9", "av1"},
    "mov": {"h264", "vp9", "av1"},
    "webm": {"vp8", "vp9", "av1"},
}
SOUNDS_IN = {
    "mp4": {"aac", "mp3", "opus", "flac"},
    "mov": {"aac", "mp3", "opus", "flac"},
    "webm": {"opus", "vorbis"},
    "mp3": {"mp3"},
    "flac": {"flac"},
    "ogg": {"opus", "vorbis", "flac"},
    "wav": {"pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"},
}
LATE_MS = 100  # players differ in what they do with a clock that starts later than this
PLAIN_PIXELS = {"yuv420p", "yuvj420p"}
DEEP_PIXELS = {"vp9": {"yuv420p10le"}, "av1": {"yuv420p10le"}}


class PlayMode(StrEnum):
    """What a browser needs to play a file."""

    DIRECT = "direct"  # nothing: the file as it is
    REMUX = "remux"  # another container; the picture is copied, the sound too if it can be
    TRANSCODE = "transcode"  # another encoding of the picture


@dataclass(frozen=True)
class Playability:
    """How to play a file, why, and the suffix (".mp4", ".webm") of the clip to make where needed."""

    mode: PlayMode
    reason: str
    suffix: str


def playable(facts: MediaFacts) -> Playability:
    """What Chromium needs to play the file that `facts` describes."""
    container, picture, sound = facts.container, facts.video_codec, facts.audio_codec
    suffix = ".webm" if picture == "vp8" else ".mp4"
    problem = _picture_problem(facts)
    if problem:
        return Playability(PlayMode.TRANSCODE, problem, ".mp4")
    if picture in (None, "unknown"):
        if picture is None and sound in SOUNDS_IN.get(container, set()):
            return Playability(PlayMode.DIRECT, f"{sound} sound in {container}", suffix)
        return Playability(PlayMode.REMUX, f"only its {sound} sound can be played", suffix)
    if picture not in PICTURES_IN.get(container, set()):
        return Playability(PlayMode.REMUX, f"browsers do not open {picture} in {container}", suffix)
    if sound is not None and sound not in SOUNDS_IN[container]:
        return Playability(PlayMode.REMUX, f"browsers do not play {sound} sound", suffix)
    if (facts.starts_ms or 0) > LATE_MS:
        return Playability(PlayMode.REMUX, "its clock does not start at 0", suffix)
    if facts.other_audio_first:
        return Playability(PlayMode.REMUX, "a browser would play another audio track", suffix)
    return Playability(PlayMode.DIRECT, f"{picture} in {container}", suffix)


def _picture_problem(facts: MediaFacts) -> str | None:
    """Why the picture must be encoded anew, None if it need not."""
    codec, pixels = facts.video_codec, facts.pixel_format
    if codec is None or codec == "unknown":
        return None
    if codec not in PICTURES:
        return f"browsers do not decode {codec}"
    if pixels not in PLAIN_PIXELS | DEEP_PIXELS.get(codec, set()):
        return f"browsers do not decode {codec} with {pixels} pixels"
    return None
