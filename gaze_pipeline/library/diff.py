"""What became of the files, from what was known, seen and read. Nothing here touches a disk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gaze_pipeline.library.walk import SeenFile
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

    `again` are files that could not be read before and are otherwise as they were.
    """

    unchanged: list[tuple[FileRow, SeenFile]]
    to_read: list[SeenFile]
    again: list[SeenFile]
    missing: list[FileRow]


def compare(known: Mapping[Path, FileRow], seen: Iterable[SeenFile]) -> Comparison:
    """Tell what needs reading by size and time of change alone.

    Two files of one size and time that swapped their names would pass: a file that has the inode of
    another path is read, too.
    """
    owners = {row.inode: path for path, row in known.items() if row.inode}
    found = Comparison([], [], [], [])
    present: set[Path] = set()
    for file in seen:
        present.add(file.path)
        row = known.get(file.path)
        if row is None or _differs(row, file, owners):
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


def _differs(row: FileRow, file: SeenFile, owners: Mapping[int, Path]) -> bool:
    came_from = owners.get(file.inode, file.path) if row.inode != file.inode else file.path
    return (row.size, row.mtime_ns, row.path) != (file.size, file.mtime_ns, came_from)


def _holds(row: FileRow | None, video: str) -> bool:
    return row is not None and row.fingerprint == video


def _distance(row: FileRow, file: SeenFile) -> tuple[bool, bool]:
    return row.path.name != file.path.name, row.library != file.library
