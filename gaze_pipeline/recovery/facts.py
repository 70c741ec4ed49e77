"""Media facts that are gone: probed again, since no stage does that."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress

from gaze_pipeline.errors import GazeError
from gaze_pipeline.library.lock import scanning
from gaze_pipeline.stages.register import WAIT_S, register
from gaze_pipeline.stages.work import find_source
from gaze_pipeline.workspace import Workspace


def make_again(workspace: Workspace, fingerprints: Iterable[str], at_most_s: float) -> int:
    """Probe these videos as long as there is time for it; returns how many were.

    One whose file is not there, or cannot be probed, is left to the next recovery.
    """
    ends = time.monotonic() + at_most_s
    made = 0
    with suppress(TimeoutError):
        for fingerprint in fingerprints:
            if time.monotonic() > ends:
                break
            with scanning(workspace.paths, wait_s=WAIT_S), suppress(GazeError):
                made += _make(workspace, fingerprint)
    return made


def _make(workspace: Workspace, fingerprint: str) -> bool:
    video = workspace.catalog.videos.get(fingerprint)
    path = find_source(video) if video else None
    if path is None:
        return False
    workspace.catalog.videos.add(fingerprint, register(workspace, fingerprint, path))
    return True
