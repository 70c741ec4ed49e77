"""Looking through a library's folder: which video files lie there now.

A library lists every visible file below its folder that has a video's suffix, under the path that leads
there through real folders. Links to files are followed, and so is a link to a folder outside; a link
beyond such a link, one back into the library and one to a folder above it are not, so that every walk
ends and a part of the tree is listed alike whether the walk began at the root or there. Gaze's own data
root is passed by.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gaze_pipeline.settings import Library

VANISHED = (errno.ENOENT, errno.ENOTDIR)
"""What looking at something says that is not there."""

_SIGNED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as it lies on the disk now.

    `ctime_ns` is when its content or its name last changed (on Windows, when it was made), `device` the
    file system of the folder that lists it, `inode` its number there (0 where there is none).
    """

    path: Path
    library: str
    size: int
    mtime_ns: int
    ctime_ns: int
    device: int
    inode: int


@dataclass
class Walk:
    """One look at a library; `unreadable` gathers what could not be looked into.

    `suffixes` are in lower case. Parts of the tree that are looked at twice are listed once.
    """

    library: Library
    suffixes: tuple[str, ...]
    data_root: Path
    unreadable: dict[Path, OSError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._root = self.library.path
        self._real_root = Path(os.path.realpath(self._root))
        self._own = Path(os.path.realpath(self.data_root))
        self._listings: dict[Path, dict[str, os.DirEntry[str]]] = {}

    def everything(self) -> Iterator[SeenFile]:
        """Every file of the library."""
        return self._below(self._root, beyond=False)

    def at(self, path: Path) -> Iterator[SeenFile]:
        """The file at `path`, or every file below it; `path` is one that `place` gave."""
        if path == self._root:
            yield from self.everything()
            return
        entry = self._entry(path)
        if entry is not None:
            beyond = self._is_beyond(path.parent)
            found, inside = self._sort_out([entry], path.parent, beyond)
            yield from found
            for folder, past in inside if self.library.recursive else ():
                yield from self._below(folder, past)

    def place(self, path: Path) -> Path | None:
        """Where the library lists what lies at `path`, or None where it lists nothing."""
        for root in (self._root, self._real_root):
            if path.is_relative_to(root):
                return self._place(self._root, path.relative_to(root).parts)
        return None

    def lists(self, path: Path) -> bool:
        """Whether something of exactly this name is there, capitals counting on every file system."""
        return self._entry(path) is not None

    def _place(self, folder: Path, parts: tuple[str, ...]) -> Path | None:
        if not parts:
            return folder
        if not self.library.recursive and len(parts) > 1:
            return None
        for depth, name in enumerate(parts[:-1]):
            if not _is_link(folder / name):
                folder /= name
                continue
            real = Path(os.path.realpath(folder / name))
            if real.is_relative_to(self._real_root):
                inside = real.relative_to(self._real_root).parts
                return self._place(self._root, (*inside, *parts[depth + 1 :]))
            if self._is_beyond(folder):
                return None
            folder /= name
        path = folder / parts[-1]
        hidden = any(name.startswith(".") for name in path.relative_to(self._root).parts)
        own = any(self._is_own(place) for place in (path, *path.parents) if place != self._root)
        return None if hidden or own else path

    def _below(self, start: Path, beyond: bool) -> Iterator[SeenFile]:
        waiting = [(start, beyond)]
        while waiting:
            folder, beyond = waiting.pop()
            listing = self._list(folder)
            entries = [listing[name] for name in sorted(listing, key=os.fsencode)]
            found, inside = self._sort_out(entries, folder, beyond)
            yield from found
            if self.library.recursive:
                waiting += reversed(inside)

    def _sort_out(
        self, entries: list[os.DirEntry[str]], folder: Path, beyond: bool
    ) -> tuple[list[SeenFile], list[tuple[Path, bool]]]:
        """The files among the entries, and the folders with whether they lie beyond a link."""
        files: list[SeenFile] = []
        folders: list[tuple[Path, bool]] = []
        device: int | None = None
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    if self._is_own(folder / entry.name):
                        continue
                    if not entry.is_symlink():
                        folders.append((folder / entry.name, beyond))
                    elif not beyond and self._leads_out(entry):
                        folders.append((folder / entry.name, True))
                elif entry.name.lower().endswith(self.suffixes) and entry.is_file():
                    if device is None:
                        device = device_of(folder)
                    files.append(_seen(entry, folder, self.library.name, device))
            except OSError as error:
                self._note(folder / entry.name, error)
        return files, folders

    def _leads_out(self, link: os.DirEntry[str]) -> bool:
        real = Path(os.path.realpath(link.path))
        inward = real.is_relative_to(self._real_root) or real.is_relative_to(self._own)
        return not inward and real not in self._real_root.parents

    def _is_own(self, folder: Path) -> bool:
        if folder.name != self._own.name or not folder.is_relative_to(self._root):
            return False
        return folder != self._root and Path(os.path.realpath(folder)) == self._own

    def _is_beyond(self, folder: Path) -> bool:
        return not Path(os.path.realpath(folder)).is_relative_to(self._real_root)

    def _entry(self, path: Path) -> os.DirEntry[str] | None:
        """The entry at `path`, when each folder on the way there is listed by just this name."""
        entry, folder = None, self._root
        for name in path.relative_to(self._root).parts if path.is_relative_to(folder) else ():
            if folder not in self._listings:
                self._listings[folder] = self._list(folder)
            entry = self._listings[folder].get(name)
            if entry is None:
                return None
            folder /= name
        return entry

    def _list(self, folder: Path) -> dict[str, os.DirEntry[str]]:
        try:
            with os.scandir(folder) as listing:
                return {entry.name: entry for entry in listing}
        except OSError as error:
            self._note(folder, error)
            return {}

    def _note(self, path: Path, error: OSError) -> None:
        if error.errno not in VANISHED:
            self.unreadable[path] = error


def device_of(folder: Path) -> int:
    """The number of the file system that a folder lies on. Raises OSError."""
    return folder.stat().st_dev & _SIGNED


def identity(folder: Path) -> tuple[int, int] | None:
    """The file system and the number there of the folder that a path leads to now, or None."""
    try:
        stat = folder.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def why_offline(library: Library) -> str | None:
    """Why nothing can be said of what a library holds, or None.

    An unplugged disk leaves its folder missing, empty or unreadable; one that was emptied on purpose
    looks the same, and is taken for unplugged.
    """
    try:
        with os.scandir(library.path) as entries:
            return None if next(entries, None) is not None else "the folder is empty"
    except FileNotFoundError:
        return "the folder is missing"
    except OSError as error:
        return error.strerror or str(error)


def is_online(library: Library) -> bool:
    """Whether the library's folder is there with something in it."""
    return why_offline(library) is None


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:
        return False


def _seen(entry: os.DirEntry[str], folder: Path, library: str, device: int) -> SeenFile:
    stat = entry.stat()
    return SeenFile(
        folder / entry.name,
        library,
        stat.st_size,
        stat.st_mtime_ns,
        stat.st_ctime_ns,
        device,
        stat.st_ino & _SIGNED,
    )
