"""Bringing the catalog up to date with the folders."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.diff import Change, Kind, changes, compare, strays
from gaze_pipeline.library.reading import Reader
from gaze_pipeline.library.report import Offline, ScanReport
from gaze_pipeline.library.sight import Round, Sight, everywhere, look
from gaze_pipeline.library.unplugged import Unplugged, is_gone
from gaze_pipeline.library.walk import SeenFile
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.catalog.rows import FileRow

Register = Callable[[str, Path], int]
"""Takes up a new video: (fingerprint, path) -> duration in ms; raises GazeError if it is none."""

RETRY_S = 60.0
"""How soon a watched library's file that could not be read is tried again."""


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
    catalog.unstable.keep(names)
    catalog.libraries.keep(names)
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
        watched = {file.path: file for file in catalog.unstable.all()}
        self.report = ScanReport(offline=list(sight.offline))
        self._settings = settings
        self._catalog = catalog
        self._register = register
        self._sight = sight
        self._started = started
        self._reader = Reader(settings, watched, started, at_most_s)
        owners = catalog.files.of_inodes(strays(sight.known, sight.seen))
        self._compared = compare(sight.known, sight.seen, owners)
        self._missing = {row.path: row for row in self._compared.missing}
        elsewhere = [file for file in watched.values() if not sight.covers(file.path)]
        self._waiting = {file.size for file in elsewhere}

    @property
    def again(self) -> dict[Path, float]:
        """What is to be looked at once more, and when."""
        return self._reader.again

    def run(self) -> None:
        """Read what is to be read, write down what became of it, then see to what is missing."""
        for path, error in self._sight.unreadable.items():
            problem = GazeError(ErrorCode.FILE_UNREADABLE, path, error.strerror or "")
            self.report.unreadable.append((path, problem))
        self._catalog.files.distrust(self._compared.doubtful)
        known, gone = self._sight.known, {row.size for row in self._compared.missing}
        settled = [file for file in self._compared.to_read if self._reader.is_settled(file)]
        mobile = [file for file in settled if file.path in known or file.size in gone]
        self._take_up(mobile)
        for file in settled:
            if file.path not in known and file.size not in gone:
                self._take_up([file])
        for file in self._compared.again:
            self._take_up([file])
        self._leave_out()
        self._look_at_doubtful()
        self._see_to_missing()
        self._keep()

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
        try:
            return self._reader.read(file)
        except GazeError as error:
            self._refuse(file, error)
            return None

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
                if self._sight.covers(row.path) or not is_gone(row, self._settings):
                    held.add(video)
                else:
                    vanished.append(row)
        return held, vanished

    def _write(self, found: Sequence[Change]) -> None:
        """Changes between videos that are known: all in one transaction, since names may be traded."""
        put = [_row(change.file, change.fingerprint) for change in found]
        sources = [change.source.path for change in found if change.source is not None]
        filled = {change.file.path for change in found}
        self._catalog.files.record(put, [path for path in sources if path not in filled])
        for change in found:
            self._tell(change)

    def _write_new(self, change: Change) -> bool:
        """Take up a video that is not known; returns whether it is one."""
        file, video = change.file, change.fingerprint
        if not self._reader.is_rested(file):
            return False
        try:
            duration_ms = self._register(video, file.path)
        except GazeError as error:
            self._refuse(file, error)
            return False
        except Exception as error:  # noqa: BLE001 - one file's surprise must not stop the scan
            detail = f"{type(error).__name__}: {error}"
            self._refuse(file, GazeError(ErrorCode.INTERNAL, file.path, detail))
            return False
        if not self._reader.is_as_seen(file):
            return False
        self._catalog.files.record([_row(file, video)], videos=[(video, duration_ms)])
        self._tell(change)
        return True

    def _tell(self, change: Change) -> None:
        path, source = change.file.path, change.source
        lists = {
            Kind.NEW: self.report.new,
            Kind.CHANGED: self.report.changed,
            Kind.DUPLICATE: self.report.duplicate,
            Kind.RETURNED: self.report.returned,
        }
        if source is not None:
            self._missing.pop(source.path, None)
            self.report.moved.append((source.path, path))
        elif change.kind is Kind.SAME:
            self.report.unchanged += 1
        else:
            lists[change.kind].append(path)

    def _refuse(self, file: SeenFile, error: GazeError) -> None:
        """A file cannot be taken up; what it held is kept as long as that can pass."""
        if error.code is ErrorCode.FILE_NOT_FOUND:  # it went after it was listed
            self.again[file.path] = time.time()
            return
        before = self._sight.known.get(file.path)
        row = _row(file, None)
        if error.code.retryable:
            self.again[file.path] = self._started + RETRY_S
            if before is not None and before.fingerprint is not None:
                row = before
        self._catalog.files.record([replace(row, error_code=error.code, error_detail=error.detail)])
        self.report.unreadable.append((file.path, error))

    def _look_at_doubtful(self) -> None:
        """What was not looked at now, but traded places with what was."""
        for row in self._compared.doubtful:
            if not self._sight.covers(row.path):
                self.again[row.path] = self._started

    def _leave_out(self) -> None:
        """Files that hold what was forgotten; what they held before is gone from them."""
        for file in self._reader.left_out:
            self.report.forgotten.append(file.path)
            if file.path in self._sight.known:
                self._missing[file.path] = self._sight.known[file.path]

    def _see_to_missing(self) -> None:
        """Remove what is gone, keep what is unplugged or may yet turn out to be moved."""
        renumbered = {(row.device, file.device) for row, file in self._compared.unchanged}
        unplugged = Unplugged(self._settings, renumbered)
        waiting = self._waiting | {file.size for file in self._reader.unread}
        waiting |= {file.size for file in self._reader.unstable.values()}
        folders: Counter[tuple[str, Path]] = Counter()
        for row in self._missing.values():
            folder = unplugged.folder(row)
            if folder is not None:
                folders[row.library, folder] += 1
            elif row.size in waiting and row.fingerprint is not None:
                self.again[row.path] = self._started + self._settings.scan.settle_s
            else:
                self.report.deleted.append(row.path)
        self._catalog.files.record(remove=self.report.deleted)
        self.report.offline.extend(
            Offline(library, folder, f"the disk that held {count} of its files is not there")
            for (library, folder), count in folders.items()
        )

    def _keep(self) -> None:
        """What is as it was, and what is to be looked at again."""
        unchanged = self._compared.unchanged
        self._catalog.files.record(
            replace(row, device=file.device, inode=file.inode)
            for row, file in unchanged
            if (row.device, row.inode) != (file.device, file.inode)
        )
        self._catalog.unstable.replace(self._sight.places, self._reader.unstable.values())
        self.report.unchanged += len(unchanged)
        self.report.unstable.extend(self._reader.unstable)
        self.report.left_over = len(self._reader.unread)


def _row(file: SeenFile, video: str | None) -> FileRow:
    return FileRow(
        file.path,
        file.library,
        file.size,
        file.mtime_ns,
        video,
        device=file.device,
        inode=file.inode,
    )
