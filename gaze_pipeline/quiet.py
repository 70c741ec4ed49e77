"""When the folder sensor need not look at every video: nothing that decides on work has changed.

Looking at ten thousand videos takes seconds; a tick comes every few seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.store.room import shortage
from gaze_pipeline.store.snapshot_files import current
from gaze_pipeline.workspace import Workspace

SHARE = 50
"""Looking at every video for nothing may take one part in so many of the time ..."""

SHORTEST_S = 20.0
LONGEST_S = 300.0
"""... but is done this often at least, whatever it costs."""


def signature(workspace: Workspace) -> str:
    """What decides on work, apart from time and Dagster's runs: another when any of it changed.

    That is the catalog and its snapshot, disks that come and go, models, settings and room on the disk.
    """
    catalog, settings = workspace.catalog, workspace.settings
    catalog.stages.release_dead()
    info = current(workspace.paths)
    offline = [
        library.name
        for library in settings.libraries
        if (last := catalog.libraries.last_scan(library.name, library.path)) and last.offline
    ]
    parts = (
        catalog.revision(),
        info and info.number,
        offline,
        [(model.id, model.state) for model in workspace.models.status()],
        shortage(workspace.paths, settings.storage.reserve_mb) is None,
        settings.model_dump_json(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def until(now: float, took_s: float, videos: Iterable[VideoRow]) -> float:
    """When to look at every video again (seconds since the epoch): at the latest for the next retry."""
    later = now + min(max(SHORTEST_S, SHARE * took_s), LONGEST_S)
    retries = [video.retry_at for video in videos if (video.retry_at or 0.0) > now]
    return min([later, *(at for at in retries if at is not None)])
