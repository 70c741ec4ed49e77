"""Erasing the forgotten from each store. Every step can be repeated, and a kill leaves the rest to do."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from gaze_pipeline.forgetting.needles import Needles
from gaze_pipeline.forgetting.scrub import blank_lines, scrub_tables
from gaze_pipeline.run_records import RunRecords
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.sqlite_files import compact, connected
from gaze_pipeline.workspace import Workspace


def erase(workspace: Workspace, fingerprints: Sequence[str], needles: Needles) -> None:
    """Erase these videos from all stores but the catalog, which goes last.

    Raises GazeError(DISK_FULL) and OSError.
    """
    for fingerprint in fingerprints:
        erase_files(workspace, fingerprint)
    if _published(workspace):
        publish(workspace, keep_reserve=False, anew=True)
    RunRecords(workspace.paths.dagster_home).erase(needles)
    for log in _files(workspace.paths.logs):
        blank_lines(log, needles)
    for path in workspace.paths.root.glob("catalog-damaged-*"):
        path.unlink(missing_ok=True)


def erase_files(workspace: Workspace, fingerprint: str) -> None:
    """Artifacts, thumbnails and converted clips, unfinished ones included. Raises OSError."""
    folder = workspace.paths.video(fingerprint)
    if folder.exists():
        shutil.rmtree(folder)
    if folder.parent.is_dir() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()
    for pattern in (f"{fingerprint}-*", f".*{fingerprint}-*"):
        for clip in workspace.paths.clips.glob(pattern):
            clip.unlink(missing_ok=True)


def erase_catalog(workspace: Workspace, subjects: Sequence[str], needles: Needles) -> None:
    """The last rows, the request itself among them, and every byte that deleting left behind."""
    workspace.catalog.forgetting.done(subjects)
    with connected(workspace.paths.catalog) as db:
        scrub_tables(db, needles)
    compact(workspace.paths.catalog)


def _published(workspace: Workspace) -> bool:
    places = (workspace.paths.index, workspace.paths.vectors)
    return any(any(place.glob("*.*")) for place in places)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
