"""Captions out of a transcript: SubRip (SRT) and WebVTT."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.store.artifacts import ArtifactStore


class CaptionFormat(StrEnum):
    """The formats that players read."""

    SRT = "srt"
    VTT = "vtt"


CAPTION_TYPES = {CaptionFormat.SRT: "application/x-subrip", CaptionFormat.VTT: "text/vtt"}


@dataclass(frozen=True)
class Cue:
    """A caption: shown from `start_ms` to `end_ms`."""

    start_ms: int
    end_ms: int
    text: str


def captions(
    artifacts: ArtifactStore, fingerprint: str, form: CaptionFormat, from_ms: int = 0
) -> str:
    """The captions of a video; `from_ms` counts from there and leaves out what ends before.

    Raises GazeError(TRANSCRIPT_MISSING) before it is transcribed, GazeError(ARTIFACT_CORRUPT).
    """
    if not artifacts.paths.artifact(fingerprint, Stage.TRANSCRIPT).exists():
        raise GazeError(ErrorCode.TRANSCRIPT_MISSING, fingerprint)
    table = artifacts.read(fingerprint, Stage.TRANSCRIPT, ["start_ms", "end_ms", "text"])
    lines = (Cue(*row.values()) for row in table.to_pylist())
    cues = sequence(
        Cue(line.start_ms - from_ms, line.end_ms - from_ms, line.text)
        for line in lines
        if line.end_ms > from_ms
    )
    return srt(cues) if form is CaptionFormat.SRT else vtt(cues)


def sequence(cues: Iterable[Cue]) -> list[Cue]:
    """The cues in order, one line each, none empty, none overlapping the next."""
    placed: list[Cue] = []
    for cue in sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)):
        start_ms = max(cue.start_ms, 0)
        cue = Cue(start_ms, max(cue.end_ms, start_ms + 1), " ".join(cue.text.split()))
        if not cue.text:
            continue
        before = placed[-1] if placed else None
        if before and before.start_ms == cue.start_ms:
            end_ms = max(before.end_ms, cue.end_ms)
            placed[-1] = Cue(before.start_ms, end_ms, f"{before.text} {cue.text}")
            continue
        if before and before.end_ms > cue.start_ms:
            placed[-1] = replace(before, end_ms=cue.start_ms)
        placed.append(cue)
    return placed


def srt(cues: Sequence[Cue]) -> str:
    """SubRip: numbered cues. It knows no escapes, so an arrow in the text becomes a real one."""
    return "".join(
        f"{number}\n{_time(cue.start_ms, ',')} --> {_time(cue.end_ms, ',')}\n"
        f"{cue.text.replace('-->', '→')}\n\n"
        for number, cue in enumerate(cues, start=1)
    )


def vtt(cues: Sequence[Cue]) -> str:
    """WebVTT, its markup characters escaped."""
    return "WEBVTT\n\n" + "".join(
        f"{_time(cue.start_ms, '.')} --> {_time(cue.end_ms, '.')}\n"
        f"{html.escape(cue.text, quote=False)}\n\n"
        for cue in cues
    )


def _time(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"
