"""Which frames of a video were sampled."""

from __future__ import annotations

from gaze_pipeline.errors import GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace


def read_frames(workspace: Workspace, fingerprint: str) -> list[tuple[int, int]]:
    """Index and time (ms) of each sampled frame, in order; none before they are sampled."""
    try:
        table = workspace.artifacts.read(fingerprint, Stage.FRAMES)
    except GazeError:
        return []
    columns = table.select(["frame_index", "timestamp_ms"]).sort_by("timestamp_ms").to_pydict()
    return list(zip(columns["frame_index"], columns["timestamp_ms"], strict=True))
