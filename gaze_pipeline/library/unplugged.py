"""Whether a file was deleted, or lies on a disk inside the library that is not there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gaze_pipeline.library.sight import walk_of
from gaze_pipeline.library.walk import VANISHED, device_of, is_online
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.catalog.rows import FileRow

_GONE = 0


class Unplugged:
    """Tells a file that was deleted from one whose disk is not there: a mount that went, inside a library.

    A file is unplugged when the nearest folder above it that is still there lies on another file
    system than its own folder did, unless other files show that the file system merely has a new number
    (as after a restart), given as pairs (before, now) in `renumbered`. What was mounted from the same file
    system, or pooled into one with it, cannot be told from a deletion.
    """

    def __init__(self, settings: Settings, renumbered: Iterable[tuple[int, int]]) -> None:
        self._roots = {library.name: library.path for library in settings.libraries}
        self._renumbered = set(renumbered)
        self._nearest: dict[Path, tuple[Path, int | None]] = {}

    def folder(self, row: FileRow) -> Path | None:
        """The folder that a file is unplugged from, or None where it was deleted."""
        root = self._roots[row.library]
        if not row.device or not row.path.is_relative_to(root):
            return None
        folder, device = self._standing(row.path.parent, root)
        if device == row.device or (row.device, device) in self._renumbered:
            return None
        return folder

    def _standing(self, folder: Path, root: Path) -> tuple[Path, int | None]:
        """The nearest folder that is there, and its file system: None where that cannot be told."""
        if folder not in self._nearest:
            place, device = folder, _look(folder)
            while device is _GONE and place != root:
                place = place.parent
                device = _look(place)
            self._nearest[folder] = place, device or None
        return self._nearest[folder]


def _look(folder: Path) -> int | None:
    """The file system of a folder: `_GONE` where it is not there, None where it cannot be told."""
    try:
        return device_of(folder)
    except OSError as error:
        return _GONE if error.errno in VANISHED else None


def is_gone(row: FileRow, settings: Settings) -> bool:
    """Whether a known file is no longer where it was, as far as that can be told now."""
    library = settings.library(row.library)
    walk = walk_of(library, settings)
    if not is_online(library) or walk.lists(row.path):
        return False
    hidden = not walk.unreadable.keys().isdisjoint(row.path.parents)
    return not hidden and Unplugged(settings, ()).folder(row) is None
