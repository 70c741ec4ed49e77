"""Reading files as long as there is time for it; what is still being written is looked at again."""

from __future__ import annotations

import math
import time
from pathlib import Path

from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.library.settling import is_as_seen, is_restless, is_settled
from gaze_pipeline.library.walk import SeenFile
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.catalog.unstable import UnstableFile
from gaze_pipeline.store.forgotten import Forgotten


class Reader:
    """What one scan reads; `again` says which paths are to be looked at once more, and when.

    `left_out` are files of videos that were forgotten, `unread` those that there was no time for.
    """

    def __init__(
        self,
        settings: Settings,
        watched: dict[Path, UnstableFile],
        started: float,
        at_most_s: float | None,
    ) -> None:
        self.unstable: dict[Path, UnstableFile] = {}
        self.unread: list[SeenFile] = []
        self.left_out: list[SeenFile] = []
        self.again: dict[Path, float] = {}
        self._settle_s = settings.scan.settle_s
        self._watched = watched
        self._started = started
        self._begun = False
        self._ends = math.inf if at_most_s is None else time.monotonic() + at_most_s
        self._forgotten = Forgotten(settings.paths)

    def is_settled(self, file: SeenFile) -> bool:
        """Whether a file may be read; one that is still being written is waited for."""
        watched = self._watched.get(file.path)
        if is_settled(file, watched, self._started, self._settle_s):
            return True
        self._wait_for(file)
        return False

    def is_rested(self, file: SeenFile) -> bool:
        """Whether a file of unknown content may be taken up, though its date says nothing against it."""
        watched = self._watched.get(file.path)
        if not is_restless(file, watched, self._started, self._settle_s):
            return True
        self._wait_for(file)
        return False

    def is_as_seen(self, file: SeenFile) -> bool:
        """Whether a file did not change while it was read; one that did is waited for."""
        if is_as_seen(file):
            return True
        self._wait_for(file)
        return False

    def read(self, file: SeenFile) -> str | None:
        """The file's fingerprint, or None where it is not to be taken up now.

        Raises GazeError(FILE_NOT_FOUND | FILE_UNREADABLE | FILE_EMPTY).
        """
        if self._begun and time.monotonic() > self._ends:
            self.unread.append(file)
            self.again[file.path] = time.time()
            return None
        self._begun = True  # one is always read, so that every scan gets on
        if self._forgotten.leaves_out(file.path, file.size, file.mtime_ns):
            self.left_out.append(file)
            return None
        video = fingerprint(file.path)
        if not self.is_as_seen(file):
            return None
        if self._forgotten.holds(video):
            self._forgotten.leave_out(file.path, file.size, file.mtime_ns)
            self.left_out.append(file)
            return None
        return video

    def _wait_for(self, file: SeenFile) -> None:
        before = self._watched.get(file.path)
        same = before and (before.size, before.mtime_ns) == (file.size, file.mtime_ns)
        since = before.since if before and same else self._started
        self.unstable[file.path] = UnstableFile(
            file.path, file.library, file.size, file.mtime_ns, since
        )
        changed = min(self._started, max(file.mtime_ns, file.ctime_ns) / 1e9)
        self.again[file.path] = max(changed + self._settle_s, self._started)
