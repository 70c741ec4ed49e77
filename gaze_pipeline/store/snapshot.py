"""Publication: one immutable snapshot of everything searchable, swapped in by one atomic rename.

A publisher builds `index/search-00000042.duckdb` under a temporary name, brings the vectors in line and
pins their version, then makes the file appear and points `CURRENT` at it. Killed at any point it leaves
the previous snapshot in force; the next publication sweeps what it left.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from filelock import FileLock

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store import snapshot_copies
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store.paths import DataPaths, replacing
from gaze_pipeline.store.room import require_room
from gaze_pipeline.store.snapshot_files import SnapshotInfo, current_number, current_revision
from gaze_pipeline.store.snapshot_tables import fill
from gaze_pipeline.store.snapshot_vectors import sync_meanings, sync_vectors
from gaze_pipeline.store.vector_tables import FRAMES, LINES, delete_leavings
from gaze_pipeline.store.vectors import VectorStore

if TYPE_CHECKING:
    from gaze_pipeline.workspace import Workspace

__all__ = ["SnapshotInfo", "current_number", "current_revision", "publish", "publishing"]

MEMORY = "1GB"
"""What DuckDB may use while a snapshot is written; what does not fit lies on the disk meanwhile."""


def publish(workspace: Workspace, *, keep_reserve: bool = True, anew: bool = False) -> SnapshotInfo:
    """Publish what the artifacts hold now; waits while another process publishes.

    What has not changed is taken over from the snapshot before. `anew` leaves nothing of that: all is made
    of the artifacts, vectors are written to a new table, and what older snapshots read is deleted at once.

    Corrupt artifacts are left out, with their reason in the snapshot. Raises GazeError(DISK_FULL), also
    when the reserve would be touched: unless `keep_reserve` is false, for a publication that frees space.
    """
    paths = workspace.paths
    if keep_reserve:
        require_room(paths, workspace.settings.storage.reserve_mb)
    with publishing(paths), _disk_full(workspace):
        try:
            info = _built(workspace, anew)
            files.point_to(paths, info)
        except BaseException:
            files.delete_leavings(paths)
            delete_leavings(paths)
            raise
        _clean(paths, info, kept=1 if anew else files.KEPT)
    return info


@contextmanager
def publishing(paths: DataPaths, *, wait: bool = True) -> Iterator[None]:
    """Be the only one who publishes. Raises filelock.Timeout when another is and `wait` is false."""
    paths.index.mkdir(parents=True, exist_ok=True)
    with FileLock(paths.index / ".publish.lock", timeout=-1 if wait else 0):
        yield


def tidy(paths: DataPaths, now: float) -> None:
    """Delete what no snapshot reads at `now` (seconds since the epoch); make one of what grew by parts."""
    info = files.current(paths)
    if info is not None:
        with publishing(paths):
            for store in _vectors(paths, info):
                store.renew()
                store.clean(files.sweep(paths), now, most=0)


def _clean(paths: DataPaths, info: SnapshotInfo, kept: int) -> None:
    """Delete what no snapshot reads; on a full disk that waits for the next publication."""
    try:
        held = files.sweep(paths, kept)
        for store in _vectors(paths, info):
            store.clean(held)
    except (OSError, RuntimeError) as error:
        if not _is_full(error):
            raise


def _vectors(paths: DataPaths, info: SnapshotInfo) -> tuple[VectorStore, VectorStore]:
    visual = VectorStore(paths, info.visual_model, FRAMES)
    return visual, VectorStore(paths, info.sentence_model, LINES)


def _built(workspace: Workspace, anew: bool) -> SnapshotInfo:
    number = files.next_number(workspace.paths)
    before = None if anew else files.latest(workspace.paths)
    try:
        return _build(workspace, number, anew, before)
    except duckdb.Error as error:
        if before is None or _is_full(error):
            raise
        return _build(workspace, number, anew, None)  # the snapshot before is damaged


def _build(workspace: Workspace, number: int, anew: bool, before: Path | None) -> SnapshotInfo:
    revision = workspace.catalog.revision()  # before anything is read: never newer than the content
    videos = workspace.catalog.videos.all()
    model, sentence_model = (workspace.models.spec(kind).id for kind in ("clip", "sentence"))
    vectors = VectorStore(workspace.paths, model, FRAMES)
    meanings = VectorStore(workspace.paths, sentence_model, LINES)
    if anew:
        vectors.begin_anew()
        meanings.begin_anew()
    reasons = {
        "visual_reason": sync_vectors(vectors, model, videos, workspace.artifacts),
        "meaning_reason": sync_meanings(meanings, sentence_model, videos, workspace.artifacts),
    }
    version, meaning_version = vectors.pin(number), meanings.pin(number)
    now = time.time()
    with (
        replacing(files.file_of(workspace.paths, number)) as temporary,
        files.connect(temporary, read_only=False) as db,
    ):
        db.execute(f"SET memory_limit = '{MEMORY}'")
        fill(db, videos, workspace.artifacts, reasons, before)
        snapshot_copies.write(db, workspace.catalog.copies.pairs())
        db.execute("INSERT INTO meta VALUES (?, ?, ?, ?)", [number, revision, now, model])
        db.execute("CHECKPOINT")  # closing would do so too, but tells nobody when the disk is full
        return SnapshotInfo(
            number=number,
            revision=revision,
            published_at=now,
            videos=_count(db, "videos"),
            segments=_count(db, "segments"),
            frames=_count(db, "frames"),
            texts=_count(db, "texts"),
            vectors=vectors.rows(),
            visual_model=model,
            vector_table=vectors.name if version is not None else None,
            vector_version=version,
            meanings=meanings.rows(),
            sentence_model=sentence_model,
            meaning_table=meanings.name if meaning_version is not None else None,
            meaning_version=meaning_version,
            layout=files.LAYOUT,
            follows=files.current_number(workspace.paths) if before else None,
        )


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    row = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _disk_full(workspace: Workspace) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, duckdb.Error) as error:
        if not _is_full(error):
            raise
        raise GazeError(ErrorCode.DISK_FULL, workspace.paths.root, str(error)) from error


def _is_full(error: Exception) -> bool:
    return "No space left" in str(error)
