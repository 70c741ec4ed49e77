"""Artifact folders of videos that the catalog does not know."""

from __future__ import annotations

import time

from gaze_pipeline.errors import GazeError
from gaze_pipeline.forgetting.traces import Traces
from gaze_pipeline.store.forgotten import Forgotten
from gaze_pipeline.workspace import Workspace


def take_in(workspace: Workspace) -> int:
    """Have the catalog know every folder, so that it is kept as long as those of deleted videos.

    What a folder holds took hours to make, and the catalog may have been made anew while the disk of its
    video was away. Returns how many were taken in. One without the facts of a video waits for a scan to
    find the file, and goes when it has been left alone for as long. One that was being forgotten is to be
    forgotten still.
    """
    catalog, artifacts = workspace.catalog, workspace.artifacts
    forgotten = Forgotten(workspace.paths)
    known = catalog.videos.fingerprints() | catalog.forgetting.asked().keys()
    taken_in = 0
    for key in [key for key in artifacts.fingerprints() if key not in known]:
        duration_ms = _duration_ms(workspace, key)
        if forgotten.holds(key):
            catalog.forgetting.ask(key, str(Traces.of_video(workspace, key, ())), ())
        elif duration_ms is not None:
            catalog.videos.add(key, duration_ms)
            taken_in += 1
        elif _left_alone(workspace, key):
            artifacts.remove(key)
    return taken_in


def _duration_ms(workspace: Workspace, fingerprint: str) -> int | None:
    try:
        return int(workspace.artifacts.read_facts(fingerprint)["duration_ms"][0].as_py())
    except (GazeError, IndexError):
        return None


def _left_alone(workspace: Workspace, fingerprint: str) -> bool:
    try:
        changed = workspace.paths.video(fingerprint).stat().st_mtime
    except OSError:
        return False
    return time.time() - changed > workspace.settings.retention.deleted_s
