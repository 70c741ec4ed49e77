"""The files of published snapshots: their names, the `CURRENT` pointer, what may be swept away."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.paths import DataPaths, write_whole

KEPT = 2
"""How many snapshots stay: the published one, and the one before it for queries under way."""
LAYOUT = 7
"""The tables and columns of a snapshot, numbered: raised with every change that a reader depends on, or of
what rows are made of the same artifacts, as the next snapshot takes them over."""

_NAME = re.compile(r"^search-(\d{8})\.duckdb$")


class SnapshotInfo(BaseModel):
    """What a snapshot holds; `CURRENT` carries it.

    `revision` is that of the catalog when the publication began; `vectors` counts embedded frames,
    `meanings` lines whose meaning is known; `vector_table` and `vector_version`, `meaning_table` and
    `meaning_version` name the LanceDB tables it reads; `published_at` is in seconds since the epoch; `layout`
    is 1 where it is not said. The snapshot that it `follows` may answer until this one is open; where that is
    None, no other may: what was forgotten is not to be told again.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    revision: int
    published_at: float
    videos: int
    segments: int
    frames: int
    texts: int = 0
    vectors: int
    visual_model: str
    vector_table: str | None = None
    vector_version: int | None = None
    meanings: int = 0
    sentence_model: str = ""
    meaning_table: str | None = None
    meaning_version: int | None = None
    layout: int = 1
    follows: int | None = None


def file_of(paths: DataPaths, number: int) -> Path:
    """The DuckDB file of a snapshot."""
    return paths.index / f"search-{number:08d}.duckdb"


def current(paths: DataPaths) -> SnapshotInfo | None:
    """The published snapshot, or None before the first publication.

    Raises GazeError(INDEX_CORRUPT) when the pointer cannot be read.
    """
    pointer = paths.index / "CURRENT"
    try:
        return SnapshotInfo.model_validate_json(pointer.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise GazeError(ErrorCode.INDEX_CORRUPT, pointer, str(error)) from error


def current_number(paths: DataPaths) -> int | None:
    """The number of the published snapshot. Raises GazeError(INDEX_CORRUPT)."""
    info = current(paths)
    return info.number if info else None


def current_revision(paths: DataPaths) -> int | None:
    """The catalog revision that the published snapshot shows.

    None when there is no sound one of the present layout: it is to be published anew.
    """
    try:
        info = current(paths)
    except GazeError:
        return None
    sound = info and info.layout == LAYOUT and file_of(paths, info.number).is_file()
    return info.revision if info and sound else None


def latest(paths: DataPaths) -> Path | None:
    """The file of the published snapshot if it is of the present layout."""
    sound = current_revision(paths) is not None
    info = current(paths) if sound else None
    return file_of(paths, info.number) if info else None


def point_to(paths: DataPaths, info: SnapshotInfo) -> None:
    """Make a snapshot the current one."""
    write_whole(paths.index / "CURRENT", info.model_dump_json().encode())


def next_number(paths: DataPaths) -> int:
    """A number above every snapshot there is or was, after sweeping what dead publishers left."""
    published = 0
    with contextlib.suppress(GazeError):
        published = current_number(paths) or 0
    unfinished = [number for number in _numbers(paths) if published and number > published]
    delete_leavings(paths)
    _delete(file_of(paths, number) for number in unfinished)
    return max([published, *_numbers(paths)]) + 1


def delete_leavings(paths: DataPaths) -> list[Path]:
    """Delete what publishers that failed or were killed left; the caller holds the publish lock.

    A snapshot under construction has a log and a folder for what does not fit into memory beside it.
    Returns what was deleted.
    """
    leavings = [*paths.index.glob(".search-*"), *paths.index.glob(".CURRENT.*")]
    _delete(leavings)
    return leavings


def sweep(paths: DataPaths, kept: int = KEPT) -> list[int]:
    """Delete all but the newest snapshots; returns those."""
    present = _numbers(paths)
    _delete(file_of(paths, number) for number in present[:-kept])
    return present[-kept:]


def _numbers(paths: DataPaths) -> list[int]:
    found = (_NAME.match(path.name) for path in paths.index.glob("search-*.duckdb"))
    return sorted(int(match[1]) for match in found if match)


def _delete(obsolete: Iterable[Path]) -> None:
    for path in obsolete:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            continue
        with contextlib.suppress(OSError):  # still open in a reader, on Windows
            path.unlink()


def connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open a snapshot file with full-text search at hand; nothing is ever downloaded."""
    import duckdb_extension_fts

    connection = duckdb.connect(
        str(path),
        read_only=read_only,
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    connection.execute("SET enable_progress_bar = false")
    package = Path(duckdb_extension_fts.__file__).parent
    extension = next(package.rglob(f"v{duckdb.__version__}/fts.duckdb_extension"))
    connection.load_extension(str(extension))
    return connection
