"""Artifact folders of videos that the catalog does not know."""

from __future__ import annotations

from gaze_pipeline.errors import GazeError
from gaze_pipeline.store.forgotten import Forgotten
from gaze_pipeline.workspace import Workspace


def take_in(workspace: Workspace) -> int:
    """Have the catalog know every folder, so that it is kept as long as those of deleted videos.

    What a folder holds took hours to make, and the catalog may have been made anew while the disk of its
    video was away. Returns how many were taken in.
    """
    catalog, forgotten = workspace.catalog, Forgotten(workspace.paths)
    known = catalog.videos.fingerprints() | catalog.forgetting.asked().keys()
    strange = [key for key in workspace.artifacts.fingerprints() if key not in known]
    kept = [key for key in strange if not forgotten.holds(key)]
    for key in kept:
        catalog.videos.add(key, _duration_ms(workspace, key))
    return len(kept)


def _duration_ms(workspace: Workspace, fingerprint: str) -> int:
    try:
        return int(workspace.artifacts.read_facts(fingerprint)["duration_ms"][0].as_py())
    except (GazeError, IndexError):
        return 0
