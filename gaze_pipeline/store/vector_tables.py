"""The folders of the LanceDB tables: their names, what killed writers left in them, their way to the disk.

A model has one table, such as `frames-MODEL`. One that can no longer be read is followed by
`frames-MODEL.r2`, and so on, so that a published snapshot keeps whatever it can still read of the old one.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.store.paths import DataPaths, sync


@dataclass(frozen=True)
class Family:
    """The tables of one purpose: how their names begin, and what a row says of what its vector is of.

    `selected` are the columns that queries may ask for certain values of.
    """

    prefix: str
    columns: tuple[str, ...]
    selected: tuple[str, ...]


FRAMES = Family(
    "frames-",
    ("fingerprint", "frame_index", "timestamp_ms", "shot", "start_ms", "end_ms"),
    ("fingerprint", "labels"),
)
"""Vectors of frames; see `store.shots` for the stretch that each stands for."""
LINES = Family("lines-", ("fingerprint", "segment_index"), ("fingerprint", "language"))
"""Vectors of spoken lines."""
FAMILIES = (FRAMES, LINES)

_ROUND = re.compile(r"\.r(\d+)$")
_LEAVING = re.compile(r"^\.tmp|\.tmp\.|#\d+$")
"""Names under which LanceDB writes what it has not committed."""


def names(paths: DataPaths, family: Family) -> list[str]:
    """The tables there are of a family, seen without LanceDB, which takes seconds to import."""
    return sorted(path.stem for path in paths.vectors.glob(f"{family.prefix}*.lance"))


def name_of(paths: DataPaths, family: Family, model_id: str) -> str:
    """The table of a model, the newest where there are several."""
    first = family.prefix + model_id
    rounds = [name for name in names(paths, family) if _ROUND.sub("", name) == first]
    return max(rounds, key=_round, default=first)


def family_of(name: str) -> Family:
    """The family that a table belongs to."""
    return next(family for family in FAMILIES if name.startswith(family.prefix))


def successor(name: str) -> str:
    """The name of the table that takes the place of a damaged one."""
    return f"{_ROUND.sub('', name)}.r{_round(name) + 1}"


def delete(paths: DataPaths, name: str) -> None:
    """Delete a table's folder, whatever state it is in."""
    shutil.rmtree(_folder(paths, name), ignore_errors=True)


def delete_leavings(paths: DataPaths) -> list[Path]:
    """Delete what writers that were killed left behind; the caller holds the publish lock.

    Returns what was deleted. Data that no version names goes with `VectorStore.clean`.
    """
    found = [path for path in _below(paths.vectors) if _LEAVING.search(path.name)]
    for path in found:
        with contextlib.suppress(OSError):
            path.unlink()
    return found


def sync_to_disk(paths: DataPaths, name: str) -> None:
    """Flush a table's files and folders: LanceDB itself leaves that to the system.

    (lance 13: neither its data nor its manifests are fsynced on a local disk.)
    """
    folder = _folder(paths, name)
    for path in _below(folder):
        sync(path)
    for inner in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
        sync(inner)
    sync(folder)
    sync(paths.vectors)


def vector_files(paths: DataPaths, name: str) -> list[Path]:
    """The files in which the vectors of a table lie."""
    return sorted((_folder(paths, name) / "data").glob("*.lance"))


def _round(name: str) -> int:
    found = _ROUND.search(name)
    return int(found[1]) if found else 1


def _folder(paths: DataPaths, name: str) -> Path:
    return paths.vectors / f"{name}.lance"


def _below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
