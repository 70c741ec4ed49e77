"""The newest snapshot, for a process that answers for days."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress

from gaze_pipeline.errors import GazeError
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.snapshot_files import SnapshotInfo
from gaze_pipeline.store.snapshot_reader import Snapshot

FOLLOW_S = 2.0
"""How often it is looked whether a snapshot that is open was superseded."""
AT_ONCE = 50_000
"""So many lines and frames are opened while the caller waits, in a fraction of a second."""


class SnapshotPool:
    """Hands out the newest snapshot; a new publication is noticed at the next call.

    A large one takes seconds to open. Where the one before may still answer it does so meanwhile, until the
    new one is open and `ready` has brought into memory what answers need. A superseded snapshot that nobody
    asked for, or that may not answer any more, is let go within seconds: what was forgotten must not live on
    in an open file.
    """

    def __init__(self, paths: DataPaths, ready: Callable[[Snapshot], object] | None = None) -> None:
        self._paths = paths
        self._ready = ready
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._asked = False
        self._watcher: threading.Thread | None = None

    def latest(self) -> Snapshot:
        """The current snapshot. Raises GazeError(INDEX_MISSING | INDEX_CORRUPT)."""
        info = files.current(self._paths)
        with self._lock:
            if self._snapshot is None or not _may_answer(self._snapshot.info, info):
                self._snapshot = Snapshot.open(self._paths)
            self._asked = True
            if self._watcher is None or not self._watcher.is_alive():
                self._watcher = threading.Thread(
                    target=_watch, args=(weakref.ref(self),), name="snapshots", daemon=True
                )
                self._watcher.start()
            return self._snapshot

    def follow(self) -> None:
        """Put the current snapshot in the place of a superseded one, or nothing if nobody waits for it."""
        with suppress(GazeError):
            info = files.current(self._paths)
            with self._lock:
                held, asked = self._snapshot, self._asked
            if held is None or (info and info.number == held.info.number):
                return
            newer = None  # and so it stays where it cannot be opened: the next call tells why
            try:
                if asked and _may_answer(held.info, info):
                    newer = Snapshot.open(self._paths)
                    if self._ready:
                        self._ready(newer)
            finally:
                with self._lock:
                    if self._snapshot is held:
                        self._snapshot, self._asked = newer, False


def _may_answer(held: SnapshotInfo, current: SnapshotInfo | None) -> bool:
    """Whether an open snapshot may answer: the current one, or a large one that it follows."""
    if current is None or held.number == current.number:
        return current is not None
    return held.number == current.follows and held.segments + held.frames > AT_ONCE


def _watch(pool: weakref.ref[SnapshotPool]) -> None:
    while True:
        time.sleep(FOLLOW_S)
        held = pool()
        if held is None:
            return
        held.follow()
        del held
