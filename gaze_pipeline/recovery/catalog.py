"""A catalog that SQLite cannot read: set aside, and made anew from the folders and the artifacts."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.store import snapshot_files
from gaze_pipeline.store.paths import DataPaths, sync
from gaze_pipeline.workspace import Workspace

ASIDE = "catalog-damaged-*.sqlite*"
KEEP_ASIDE_S = 7 * 24 * 3600


def mend(workspace: Workspace) -> str:
    """Set a damaged catalog aside and scan the folders into a new one.

    Nothing is indexed again: the stages find their artifacts. Returns the name it is kept under, or an
    empty text where the catalog is sound.
    """
    paths = workspace.paths
    _forget_old(paths)
    if not damaged(paths.catalog):
        _outrun(workspace)
        return ""
    name = time.strftime("catalog-damaged-%Y%m%d-%H%M%S.sqlite")
    for suffix in ("-wal", "-shm", ""):
        source = paths.root / (paths.catalog.name + suffix)
        if source.exists():
            os.replace(source, paths.root / (name + suffix))
    sync(paths.root)
    _outrun(workspace)
    scan_libraries(workspace)
    return name


def damaged(path: Path) -> bool:
    """Whether the catalog is there and SQLite finds it malformed."""
    if not path.exists():
        return False
    connection = sqlite3.connect(path, timeout=30)
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except sqlite3.OperationalError:  # locked, unreadable, no room: it may be sound
        return False
    except sqlite3.DatabaseError:
        return True
    finally:
        connection.close()


def _outrun(workspace: Workspace) -> None:
    """A new catalog must not call up to date what an older one had published."""
    published = snapshot_files.current_revision(workspace.paths) or 0
    if workspace.catalog.revision() < published:
        workspace.catalog.outrun(published)


def _forget_old(paths: DataPaths) -> None:
    for path in paths.root.glob(ASIDE):
        if time.time() - path.stat().st_mtime > KEEP_ASIDE_S:
            path.unlink(missing_ok=True)
