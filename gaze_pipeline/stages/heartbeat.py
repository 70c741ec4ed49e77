"""Passing progress on while a stage runs, and hearing in return that it was cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.workspace import Workspace

HEARTBEAT_S = 0.5

OnVideoProgress = Callable[[str, float], None]
"""Takes a fingerprint and how much of its work is done, 0..1."""


class Heartbeat:
    """Passes progress to the caller, and into the catalog a few times a second.

    Raises GazeError(CANCELLED) once someone has cancelled the stage, or forgotten the video.
    """

    def __init__(
        self,
        fingerprint: str,
        stage: Stage,
        workspace: Workspace,
        on_progress: OnVideoProgress | None,
    ) -> None:
        self._key = (fingerprint, stage)
        self._stages = workspace.catalog.stages
        self._on_progress = on_progress
        self._last = 0.0

    def wait(self, seconds: float) -> None:
        """Nothing can be done before somebody else is done; the caller may give up meanwhile."""
        if self._on_progress is not None:
            self._on_progress(self._key[0], 0.0)
        time.sleep(seconds)

    def __call__(self, fraction: float) -> None:
        """So much is done, 0..1."""
        if self._on_progress is not None:
            self._on_progress(self._key[0], fraction)
        now = time.monotonic()
        if now - self._last >= HEARTBEAT_S:
            self._last = now
            if not self._stages.progress(*self._key, fraction):
                raise GazeError(ErrorCode.CANCELLED)
