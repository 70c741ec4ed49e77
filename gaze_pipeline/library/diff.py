"""What became of the files, from what was known, seen and read. Nothing here touches a disk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gaze_pipeline.library.walk import SeenFile
from gaze_pipeline.store.catalog.files import NEVER
from gaze_pipeline.store.catalog.rows import FileRow


class Kind(StrEnum):
    """What became of a file that was read."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    RETURNED = "returned"
    SAME = "same"


@dataclass(frozen=True)
class Change:
    """A file holds this video now; `source` is the row that it came from, where it was moved."""

    kind: Kind
    file: SeenFile
    fingerprint: str
    source: FileRow | None = None


@dataclass(frozen=True)
class Comparison:
    """Seen files against known rows: what is as it was, what is to be read, what is no longer there.

    `again` are files that could not be read before and are otherwise as they were. `doubtful` rows may be
    wrong, though size and time are as before: files traded places.
    """

    unchanged: list[tuple[FileRow, SeenFile]]
    to_read: list[SeenFile]
    again: list[SeenFile]
    missing: list[FileRow]
    doubtful: list[FileRow]


def strays(known: Mapping[Path, FileRow], seen: Iterable[SeenFile]) -> set[int]:
    """The inodes that stand under another path than before, or under one for the first time."""
    return {
        file.inode
        for file in seen
        if file.inode and (row := known.get(file.path)) and row.inode != file.inode
    }


def compare(
    known: Mapping[Path, FileRow], seen: Iterable[SeenFile], owners: Iterable[FileRow]
) -> Comparison:
    """Tell what needs reading by size and time of change.

    Two files of one size and time that swapped their names would pass: a file is read, too, when it has
    the inode that one of the `owners` had, which are rows of any library.
    """
    owned: dict[int, list[FileRow]] = {}
    for owner in owners:
        owned.setdefault(owner.inode, []).append(owner)
    found = Comparison([], [], [], [], [])
    present: set[Path] = set()
    for file in seen:
        present.add(file.path)
        row = known.get(file.path)
        if row is None or (row.size, row.mtime_ns) != (file.size, file.mtime_ns):
            found.to_read.append(file)
        elif row.inode != file.inode and (came_from := _alike(owned.get(file.inode, []), file)):
            found.doubtful.extend([row, *came_from])
            found.to_read.append(file)
        elif row.error_code is not None and row.error_code.retryable:
            found.again.append(file)
        else:
            found.unchanged.append((row, file))
    found.missing.extend(row for path, row in known.items() if path not in present)
    return found


def changes(
    read: Sequence[tuple[SeenFile, str]],
    known: Mapping[Path, FileRow],
    missing: Iterable[FileRow],
    held: Collection[str],
    registered: Collection[str],
) -> list[Change]:
    """What became of the files that were read, given the fingerprint of each.

    `held` are the videos that some file holds now as before, `registered` those that were taken up
    once. A video that left one path and is at another was moved, however many paths traded places; of
    several such sources the one of the same name comes first, then one of the same library.
    """
    before = {file.path: known[file.path] for file, _ in read if file.path in known}
    stay = {file.path for file, video in read if _holds(before.get(file.path), video)}
    holding = {*held, *(video for file, video in read if file.path in stay)}
    left = [*missing, *(row for path, row in before.items() if path not in stay)]
    sources: dict[str, list[FileRow]] = {}
    for row in left:
        if row.fingerprint is not None:
            sources.setdefault(row.fingerprint, []).append(row)
    found = []
    for file, video in read:
        source = None
        if file.path in stay:
            kind = Kind.SAME
        elif candidates := sources.get(video):
            kind, source = Kind.MOVED, min(candidates, key=lambda row: _distance(row, file))
            candidates.remove(source)
        elif file.path in before and before[file.path].fingerprint is not None:
            kind = Kind.CHANGED
        elif video in holding:
            kind = Kind.DUPLICATE
        else:
            kind = Kind.RETURNED if video in registered else Kind.NEW
        holding.add(video)
        found.append(Change(kind, file, video, source))
    return found


def _alike(owners: Iterable[FileRow], file: SeenFile) -> list[FileRow]:
    """The rows that a file may have come from; a rename keeps size and date."""
    dates = (file.mtime_ns, NEVER)
    return [row for row in owners if row.size == file.size and row.mtime_ns in dates]


def _holds(row: FileRow | None, video: str) -> bool:
    return row is not None and row.fingerprint == video


def _distance(row: FileRow, file: SeenFile) -> tuple[bool, bool]:
    return row.path.name != file.path.name, row.library != file.library
