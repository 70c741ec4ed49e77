"""What is made from a media file, as it is told from one process to another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AudioExtract:
    """What was written: its length, whether there was sound, and what could not be read."""

    duration_ms: int
    has_audio: bool
    damage: str | None


@dataclass(frozen=True)
class FrameExtract:
    """The times of the frames that were written, in order, and what could not be read."""

    timestamps_ms: list[int]
    damage: str | None


@dataclass(frozen=True)
class Clip:
    """A written clip: its time 0 is `start_ms` of the source, and it ends before `end_ms`."""

    start_ms: int
    end_ms: int | None


def frame_name(index: int) -> str:
    """The file name of a written frame."""
    return f"{index:06d}.jpg"
