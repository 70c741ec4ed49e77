"""What is said in a video, line by line, or why there is nothing."""

from __future__ import annotations

from dataclasses import dataclass

from gaze_pipeline.channels import SWITCHED_OFF
from gaze_pipeline.errors import GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace

SILENT = "Nobody speaks in this video."
NOT_YET = "The speech of this video is not written down yet."


@dataclass(frozen=True)
class Segment:
    """One line; times in ms of the video."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True)
class Transcript:
    """All lines in order of time; `reason` is given where there are none."""

    segments: tuple[Segment, ...]
    reason: str = ""


def read_transcript(workspace: Workspace, fingerprint: str) -> Transcript:
    """The transcript of a video as far as it is made."""
    if workspace.artifacts.info(fingerprint, Stage.TRANSCRIPT) is None:
        return Transcript((), _why(workspace, fingerprint))
    try:
        table = workspace.artifacts.read(fingerprint, Stage.TRANSCRIPT)
    except GazeError as error:
        return Transcript((), str(error))
    columns = table.select(["start_ms", "end_ms", "text"]).sort_by("start_ms")
    segments = tuple(Segment(**row) for row in columns.to_pylist())
    return Transcript(segments, "" if segments else SILENT)


def _why(workspace: Workspace, fingerprint: str) -> str:
    video = workspace.catalog.videos.get(fingerprint)
    if video is not None and Stage.TRANSCRIPT not in video.wanted:
        return f"Speech is {SWITCHED_OFF}."
    row = video.stages.get(Stage.TRANSCRIPT) if video else None
    if row is None or row.error_code is None:
        return NOT_YET
    return f"{row.error_code.name}: {row.error_code.sentence} {row.error_code.remedy}"
