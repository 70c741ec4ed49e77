"""Bringing the catalog up to date with the folders."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.diff import Change, Comparison, Kind, changes, compare
from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.library.report import Offline, ScanReport
from gaze_pipeline.library.settling import is_as_seen, is_restless, is_settled
from gaze_pipeline.library.sight import Round, Sight, Unplugged, everywhere, look, walk_of
from gaze_pipeline.library.walk import SeenFile, is_online
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.store.catalog.unstable import UnstableFile
from gaze_pipeline.store.forgotten import Forgotten
from gaze_pipeline.store.paths import DataPaths

Register = Callable[[str, Path], int]
"""Takes up a new video: (fingerprint, path) -> duration in ms; raises GazeError if it is none."""

RETRY_S = 60.0
"""How soon a watched library's file that could not be read is tried again."""


@contextmanager
def scanning(paths: DataPaths, wait_s: float = -1) -> Iterator[None]:
    """Hold the data root's scan lock: whoever changes which files are known does so alone.

    Waits for `wait_s` seconds, or as long as it takes; raises TimeoutError.
    """
    paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(paths.run / "scan.lock", timeout=wait_s):
        yield


def scan(
    settings: Settings,
    catalog: Catalog,
    register: Register,
    where: Round | None = None,
    at_most_s: float | None = None,
) -> ScanReport:
    """Compare every library, or what a round names, with the catalog and write down what changed.

    Files whose size and modification time are as before are not read. Of the others as many as can be
    taken up in `at_most_s` are, one at least; the rest is counted in `left_over` and due for the next
    round. A library whose folder is missing or empty is offline: nothing of it is removed. Each change
    is one transaction, so that a scan may end at any point. The caller holds `scanning`.
    """
    started = time.time()
    where = where or everywhere(settings)
    adopt(settings, catalog)
    sight = look(settings, catalog, where)
    one = _Scan(settings, catalog, register, sight, started, at_most_s)
    one.run()
    for library in where.libraries:
        offline = [o.reason for o in sight.offline if o.library == library.name]
        reason = offline[0] if offline else None
        catalog.libraries.scanned(library.name, library.path, reason, started)
    catalog.touched.done([*sight.places, *where.touched], started, one.again)
    return one.report


def adopt(settings: Settings, catalog: Catalog) -> None:
    """Drop the files of libraries that are no longer in the settings; one with a new name keeps them."""
    names = {library.name for library in settings.libraries}
    for name in catalog.files.libraries() - names:
        strangers = catalog.files.all(name)
        kept = [
            replace(file, library=library.name)
            for file in strangers
            for library in settings.libraries
            if file.path.is_relative_to(library.path)
        ]
        found = {file.path for file in kept}
        catalog.files.record(kept, [file.path for file in strangers if file.path not in found])


class _Scan:
    """One scan: what it saw, and what it has found so far."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        register: Register,
        sight: Sight,
        started: float,
        at_most_s: float | None,
    ) -> None:
        self.report = ScanReport(offline=list(sight.offline))
        self._settings = settings
        self._catalog = catalog
        self._register = register
        self._sight = sight
        self._started = started
        self._ends = None if at_most_s is None else time.monotonic() + at_most_s
        self._compared: Comparison = compare(sight.known, sight.seen)
        self._missing = {row.path: row for row in self._compared.missing}
        self._watched = {file.path: file for file in catalog.unstable.all()}
        self._has_read = False
        self._forgotten = Forgotten(settings.paths)
        self._unstable: dict[Path, UnstableFile] = {}
        self._unread: list[SeenFile] = []
        self._kept: list[FileRow] = []
        self.again: dict[Path, float] = {}
        self._renumbered: set[tuple[int, int]] = set()

    def run(self) -> None:
        """Read what is to be read, write down what became of it, then see to what is missing."""
        for path, error in self._sight.unreadable.items():
            self._refused(path, GazeError(ErrorCode.FILE_UNREADABLE, path, error.strerror or ""))
        for row, file in self._compared.unchanged:
            self._as_before(row, file)
        settled = [file for file in self._compared.to_read if self._is_settled(file)]
        gone = {row.size for row in self._compared.missing}
        rearranged = [
            file for file in settled if file.path in self._sight.known or file.size in gone
        ]
        self._take_up(rearranged)
        for file in settled:
            if file.path not in self._sight.known and file.size not in gone:
                self._take_up([file])
        for file in self._compared.again:
            self._take_up([file])
        self._see_to_missing()
        self._catalog.files.record(self._kept)
        self._catalog.unstable.replace(self._sight.places, self._unstable.values())

    def _take_up(self, files: Sequence[SeenFile]) -> None:
        """Read files that may have traded places with each other, and write down what became of them."""
        read = [(file, video) for file in files if (video := self._read(file)) is not None]
        if not read:
            return
        sizes = {file.size for file, _ in read}
        missing = [row for row in self._missing.values() if row.size in sizes]
        held, vanished = self._holders(read)
        registered = self._catalog.videos.registered({video for _, video in read})
        found = changes(read, self._sight.known, [*missing, *vanished], held, registered)
        self._write([change for change in found if change.fingerprint in registered])
        taken_up: set[str] = set()
        for change in found:
            if change.fingerprint in taken_up:
                self._write([change])
            elif change.fingerprint not in registered and self._write_new(change):
                taken_up.add(change.fingerprint)

    def _read(self, file: SeenFile) -> str | None:
        """The file's fingerprint, or None where there is none now."""
        if self._ends is not None and time.monotonic() > self._ends and self._has_read:
            self._leave_over(file)
            return None
        if self._forgotten.leaves_out(file.path, file.size, file.mtime_ns):
            self._leave_out(file)
            return None
        self._has_read = True
        try:
            video = fingerprint(file.path)
        except GazeError as error:
            self._refuse(file, error)
            return None
        if not is_as_seen(file):
            self._wait_for(file)
            return None
        if self._forgotten.holds(video):
            self._forgotten.leave_out(file.path, file.size, file.mtime_ns)
            self._leave_out(file)
            return None
        return video

    def _leave_out(self, file: SeenFile) -> None:
        """A file holds what was forgotten; what it held before is gone from it."""
        self.report.forgotten.append(file.path)
        if file.path in self._sight.known:
            self._missing[file.path] = self._sight.known[file.path]

    def _holders(self, read: Sequence[tuple[SeenFile, str]]) -> tuple[set[str], list[FileRow]]:
        """Which videos some other file holds now, and the files that do so no longer.

        Those were not looked at in this scan, but are not where they were.
        """
        here = {file.path for file, _ in read}
        held: set[str] = set()
        vanished: list[FileRow] = []
        for video in {video for _, video in read}:
            for row in self._catalog.files.holding(video):
                if row.path in here or row.path in self._missing:
                    continue
                if self._sight.covers(row.path) or not self._is_gone(row):
                    held.add(video)
                else:
                    vanished.append(row)
        return held, vanished

    def _is_gone(self, row: FileRow) -> bool:
        library = self._settings.library(row.library)
        walk = walk_of(library, self._settings)
        if not is_online(library) or walk.lists(row.path):
            return False
        hidden = not walk.unreadable.keys().isdisjoint(row.path.parents)
        return not hidden and Unplugged(self._settings, ()).folder(row) is None

    def _write(self, found: Sequence[Change]) -> None:
        """Changes between videos that are known: all in one transaction, since names may be traded."""
        put = [_row(change) for change in found]
        sources = [change.source.path for change in found if change.source is not None]
        filled = {change.file.path for change in found}
        self._catalog.files.record(put, [path for path in sources if path not in filled])
        for change in found:
            self._tell(change)

    def _write_new(self, change: Change) -> bool:
        """Take up a video that is not known; returns whether it is one."""
        file = change.file
        watched = self._watched.get(file.path)
        if is_restless(file, watched, self._started, self._settings.scan.settle_s):
            self._wait_for(file)
            return False
        try:
            duration_ms = self._register(change.fingerprint, file.path)
        except GazeError as error:
            self._refuse(file, error)
            return False
        except Exception as error:  # noqa: BLE001 - one file's surprise must not stop the scan
            detail = f"{type(error).__name__}: {error}"
            self._refuse(file, GazeError(ErrorCode.INTERNAL, file.path, detail))
            return False
        if not is_as_seen(file):
            self._wait_for(file)
            return False
        self._catalog.files.record([_row(change)], videos=[(change.fingerprint, duration_ms)])
        self._tell(change)
        return True

    def _tell(self, change: Change) -> None:
        path, source = change.file.path, change.source
        if source is not None:
            self._missing.pop(source.path, None)
            self.report.moved.append((source.path, path))
        elif change.kind is Kind.SAME:
            self.report.unchanged += 1
        else:
            lists = {
                Kind.NEW: self.report.new,
                Kind.CHANGED: self.report.changed,
                Kind.DUPLICATE: self.report.duplicate,
                Kind.RETURNED: self.report.returned,
            }
            lists[change.kind].append(path)

    def _as_before(self, row: FileRow, file: SeenFile) -> None:
        self.report.unchanged += 1
        if (row.device, row.inode) != (file.device, file.inode):
            self._renumbered.add((row.device, file.device))
            self._kept.append(replace(row, device=file.device, inode=file.inode))

    def _is_settled(self, file: SeenFile) -> bool:
        watched = self._watched.get(file.path)
        settled = is_settled(file, watched, self._started, self._settings.scan.settle_s)
        if not settled:
            self._wait_for(file)
        return settled

    def _wait_for(self, file: SeenFile) -> None:
        """A file is still being written: it is looked at again once it may have settled."""
        before = self._watched.get(file.path)
        same = before and (before.size, before.mtime_ns) == (file.size, file.mtime_ns)
        self._unstable[file.path] = UnstableFile(
            file.path,
            file.library,
            file.size,
            file.mtime_ns,
            before.since if before and same else self._started,
        )
        settles = min(self._started, file.mtime_ns / 1e9) + self._settings.scan.settle_s
        self.again[file.path] = max(settles, self._started)
        self.report.unstable.append(file.path)

    def _leave_over(self, file: SeenFile) -> None:
        self._unread.append(file)
        self.again[file.path] = time.time()
        self.report.left_over += 1

    def _refuse(self, file: SeenFile, error: GazeError) -> None:
        """A file cannot be taken up; what it held is kept as long as that can pass."""
        if error.code is ErrorCode.FILE_NOT_FOUND:  # it went after it was listed
            self.again[file.path] = time.time()
            return
        before = self._sight.known.get(file.path)
        row = _unread_row(file, error)
        if error.code.retryable:
            self.again[file.path] = self._started + RETRY_S
            if before is not None and before.fingerprint is not None:
                row = replace(before, error_code=error.code, error_detail=error.detail)
        self._catalog.files.record([row])
        self._refused(file.path, error)

    def _refused(self, path: Path, error: GazeError) -> None:
        self.report.unreadable.append((path, error))

    def _see_to_missing(self) -> None:
        """Remove what is gone, keep what is unplugged or may yet turn out to be moved."""
        unplugged = Unplugged(self._settings, self._renumbered)
        elsewhere = [f for f in self._watched.values() if not self._sight.covers(f.path)]
        waiting = {f.size for f in self._unread}
        waiting |= {f.size for f in (*self._unstable.values(), *elsewhere)}
        folders: dict[tuple[str, Path], int] = {}
        deleted = []
        for row in self._missing.values():
            folder = unplugged.folder(row)
            if folder is not None:
                folders[row.library, folder] = folders.get((row.library, folder), 0) + 1
            elif row.size in waiting and row.fingerprint is not None:
                self.again[row.path] = self._started + self._settings.scan.settle_s
            else:
                deleted.append(row.path)
        self._catalog.files.record(remove=deleted)
        self.report.deleted.extend(deleted)
        self.report.offline.extend(
            Offline(library, folder, f"the disk that held {count} of its files is not there")
            for (library, folder), count in folders.items()
        )


def _row(change: Change) -> FileRow:
    file = change.file
    return FileRow(
        file.path,
        file.library,
        file.size,
        file.mtime_ns,
        change.fingerprint,
        device=file.device,
        inode=file.inode,
    )


def _unread_row(file: SeenFile, error: GazeError) -> FileRow:
    return FileRow(
        file.path,
        file.library,
        file.size,
        file.mtime_ns,
        error_code=error.code,
        error_detail=error.detail,
        device=file.device,
        inode=file.inode,
    )
