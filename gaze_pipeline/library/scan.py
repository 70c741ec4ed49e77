"""Bringing the catalog up to date with the folders."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.library.walk import SeenFile, is_online, walk
from gaze_pipeline.settings import Library, Settings
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.catalog.rows import FileRow

Register = Callable[[str, Path], int]
"""Takes up a new video: (fingerprint, path) -> duration in ms; raises GazeError if it is none."""


@dataclass
class ScanReport:
    """What a scan found, by kind of change. A path stands in one list only."""

    new: list[Path] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)
    moved: list[tuple[Path, Path]] = field(default_factory=list)
    deleted: list[Path] = field(default_factory=list)
    duplicate: list[Path] = field(default_factory=list)
    unstable: list[Path] = field(default_factory=list)
    unreadable: list[tuple[Path, GazeError]] = field(default_factory=list)
    offline: list[Library] = field(default_factory=list)
    unchanged: int = 0
    left_over: int = 0

    @property
    def changes(self) -> int:
        """How many files are not as they were."""
        lists = (self.new, self.changed, self.moved, self.deleted, self.duplicate)
        return sum(len(items) for items in lists) + len(self.unreadable)


def scan(
    settings: Settings,
    catalog: Catalog,
    register: Register,
    only: str | None = None,
    hash_at_most: int | None = None,
) -> ScanReport:
    """Compare every library (or `only` one) with the catalog and write down what changed.

    Files whose size and modification time are as before are not read. At most `hash_at_most` others
    are; the rest is counted in `left_over` and taken up by the next scan. A library whose folder is
    missing or empty is offline: nothing of it is removed.
    """
    report = ScanReport()
    if only is not None:
        settings.library(only)
    _forget_removed_libraries(settings, catalog)
    budget = _Budget(hash_at_most)
    gone: dict[Path, FileRow] = {}
    fresh: list[tuple[Library, SeenFile]] = []
    for library in settings.libraries:
        if only is not None and library.name != only:
            continue
        known = {file.path: file for file in catalog.files.all(library.name)}
        if not is_online(library):
            report.offline.append(library)
            continue
        hidden = _look_through(library, settings, known, fresh, report)
        gone.update(
            (path, file)
            for path, file in known.items()
            if not any(path.is_relative_to(folder) for folder in hidden)
        )
    for library, seen in fresh:
        if not _settled(seen, settings.scan.settle_s):
            report.unstable.append(seen.path)
            gone.pop(seen.path, None)
        elif not budget.spend():
            report.left_over += 1
            gone.pop(seen.path, None)
        else:
            _take_up(library, seen, gone, catalog, register, report)
    for path in gone:
        if report.left_over:
            break  # an unread file may turn out to be this one, moved
        catalog.files.remove(path)
        report.deleted.append(path)
    return report


@dataclass
class _Budget:
    left: int | None

    def spend(self) -> bool:
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0


def _forget_removed_libraries(settings: Settings, catalog: Catalog) -> None:
    names = {library.name for library in settings.libraries}
    for name in {file.library for file in catalog.files.all()} - names:
        catalog.files.remove_library(name)


def _look_through(
    library: Library,
    settings: Settings,
    known: dict[Path, FileRow],
    fresh: list[tuple[Library, SeenFile]],
    report: ScanReport,
) -> list[Path]:
    """Take what is unchanged out of `known`, put what needs reading into `fresh`.

    Returns the folders and files that could not be looked into: what is known there is kept.
    """
    hidden: list[Path] = []

    def on_unreadable(path: Path, error: OSError) -> None:
        hidden.append(path)
        problem = GazeError(ErrorCode.FILE_UNREADABLE, path, error.strerror or "")
        report.unreadable.append((path, problem))

    for seen in walk(library, {suffix.lower() for suffix in settings.scan.suffixes}, on_unreadable):
        before = known.get(seen.path)
        same = before is not None and (before.size, before.mtime_ns) == (seen.size, seen.mtime_ns)
        if same and not (before and before.error_code and before.error_code.retryable):
            del known[seen.path]
            report.unchanged += 1
        else:
            fresh.append((library, seen))
    return hidden


def _take_up(
    library: Library,
    seen: SeenFile,
    gone: dict[Path, FileRow],
    catalog: Catalog,
    register: Register,
    report: ScanReport,
) -> None:
    before = gone.pop(seen.path, None)
    try:
        identity = fingerprint(seen.path)
        known = catalog.videos.get(identity)
        if known is None:
            catalog.videos.add(identity, register(identity, seen.path))
    except GazeError as error:
        _refuse(library, seen, error, catalog, report)
        return
    except Exception as error:  # noqa: BLE001 - one file's surprise must not stop the scan
        reason = f"{type(error).__name__}: {error}"
        _refuse(library, seen, GazeError(ErrorCode.INTERNAL, seen.path, reason), catalog, report)
        return
    catalog.files.put(FileRow(seen.path, library.name, seen.size, seen.mtime_ns, identity))
    source = next((path for path, file in gone.items() if file.fingerprint == identity), None)
    if before is not None:
        (report.new if before.fingerprint is None else report.changed).append(seen.path)
    elif source is not None:
        del gone[source]
        catalog.files.remove(source)
        report.moved.append((source, seen.path))
    elif known is not None:
        report.duplicate.append(seen.path)
    else:
        report.new.append(seen.path)


def _refuse(
    library: Library, seen: SeenFile, error: GazeError, catalog: Catalog, report: ScanReport
) -> None:
    catalog.files.put(
        FileRow(seen.path, library.name, seen.size, seen.mtime_ns, None, error.code, error.detail)
    )
    report.unreadable.append((seen.path, error))


def _settled(seen: SeenFile, settle_s: float) -> bool:
    """Whether the file is as it was when listed, and was for a while; a date in the future says nothing."""
    age_s = time.time() - seen.mtime_ns / 1e9
    if 0 <= age_s < settle_s:
        return False
    try:
        stat = seen.path.stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (seen.size, seen.mtime_ns)
