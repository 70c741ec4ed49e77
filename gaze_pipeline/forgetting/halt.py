"""Ending the work on a video, wherever it is done, before the video is forgotten."""

from __future__ import annotations

import time
from collections.abc import Sequence

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.forgetting.needles import Needles
from gaze_pipeline.instance import interrupt
from gaze_pipeline.run_records import RunRecords
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.workspace import Workspace

PATIENCE_S = 60.0
POLL_S = 0.2


def halt(workspace: Workspace, fingerprints: Sequence[str], needles: Needles) -> None:
    """Cancel the stages of these videos, end the runs that cover them, wait until nobody is at them.

    Raises GazeError(FORGETTING_UNFINISHED) when a process does not let go in time.
    """
    workspace.catalog.requests.cancel(dict.fromkeys(fingerprints, tuple(Stage)))
    records = RunRecords(workspace.paths.dagster_home)
    if runs := records.unfinished(needles):
        interrupt(workspace.paths, list(runs))
    deadline = time.monotonic() + PATIENCE_S
    for fingerprint in fingerprints:
        while _busy(workspace, fingerprint):
            if time.monotonic() > deadline:
                detail = "a process is still at it"
                raise GazeError(ErrorCode.FORGETTING_UNFINISHED, fingerprint, detail)
            time.sleep(POLL_S)


def _busy(workspace: Workspace, fingerprint: str) -> bool:
    workspace.catalog.stages.release_dead()
    rows = workspace.catalog.forgetting.stages(fingerprint)
    return Status.RUNNING in rows
