"""Whether a file stands still, or is still being written."""

from __future__ import annotations

from gaze_pipeline.library.walk import SeenFile
from gaze_pipeline.store.catalog.unstable import UnstableFile


def is_settled(file: SeenFile, watched: UnstableFile | None, now: float, settle_s: float) -> bool:
    """Whether a file was last written `settle_s` ago, by its own date or because we watched it since.

    A date in the future, as a copy keeps it or another machine's clock gives it, says nothing.
    """
    age_s = now - file.mtime_ns / 1e9
    return settle_s == 0 or age_s >= settle_s or _stood(file, watched, now, settle_s)


def is_restless(file: SeenFile, watched: UnstableFile | None, now: float, settle_s: float) -> bool:
    """Whether a file with an old date was altered just now all the same, as while a copy keeps dates.

    Renaming alters a file in this sense, too.
    """
    lately = settle_s > 0 and now - file.ctime_ns / 1e9 < settle_s
    return lately and not _stood(file, watched, now, settle_s)


def is_as_seen(file: SeenFile) -> bool:
    """Whether a file is still the one that was seen."""
    try:
        stat = file.path.stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (file.size, file.mtime_ns)


def _stood(file: SeenFile, watched: UnstableFile | None, now: float, settle_s: float) -> bool:
    return (
        watched is not None
        and (watched.size, watched.mtime_ns) == (file.size, file.mtime_ns)
        and now - watched.since >= settle_s
    )
