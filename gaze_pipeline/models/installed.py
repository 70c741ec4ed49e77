"""Which models lie on disk, whole and verified.

A source's files lie in `<models>/<model id>/<source name>/`. Hashing 600 MB takes seconds, so a
stamp beside them remembers the size and time of each file when its hash was right; a file that
changed since is hashed again. Where the folder is read-only the process itself remembers.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.manifest import Kind, ModelFile, ModelSource, ModelSpec

STAMP = "verified.json"
_CHUNK = 1 << 20

Stamp = dict[str, list[int | str]]
_unwritten: dict[Path, Stamp] = {}


class ModelState(StrEnum):
    """How a model's files stand."""

    READY = "ready"
    MISSING = "missing"
    PARTIAL = "partial"
    CORRUPT = "corrupt"


@dataclass(frozen=True)
class ModelStatus:
    """How one model stands; `variant` names the source of the files there, `bytes` their size."""

    id: str
    kind: Kind
    title: str
    state: ModelState
    variant: str | None
    path: Path | None
    bytes: int


def folder(spec: ModelSpec, source: ModelSource, models_dir: Path) -> Path:
    """Where the files of one source lie."""
    return models_dir / spec.id / source.name


def status(spec: ModelSpec, models_dir: Path) -> ModelStatus:
    """How a model stands: ready when the files of any one source are whole."""
    found = [_source_status(spec, source, models_dir) for source in spec.sources]
    rank = (ModelState.READY, ModelState.CORRUPT, ModelState.PARTIAL, ModelState.MISSING)
    return min(found, key=lambda status: rank.index(status.state))


def model_dir(spec: ModelSpec, models_dir: Path) -> Path:
    """The folder of a ready model. Raises GazeError(MODEL_MISSING | MODEL_CORRUPT)."""
    current = status(spec, models_dir)
    if current.state is ModelState.READY and current.path is not None:
        return current.path
    if current.state is ModelState.CORRUPT:
        raise GazeError(ErrorCode.MODEL_CORRUPT, spec.id, str(current.path))
    raise GazeError(ErrorCode.MODEL_MISSING, spec.id)


def verify(directory: Path, files: tuple[ModelFile, ...]) -> dict[str, bool | None]:
    """For each file whether its content is right; None where it is absent. Renews the stamp."""
    known = _read_stamp(directory)
    stamp: Stamp = {}
    result: dict[str, bool | None] = {}
    for file in files:
        path = directory / file.name
        try:
            stat = path.stat()
        except OSError:
            result[file.name] = None
            continue
        entry: list[int | str] = [stat.st_size, stat.st_mtime_ns, file.sha256]
        right = known.get(file.name) == entry or sha256(path) == file.sha256
        result[file.name] = right
        if right:
            stamp[file.name] = entry
    if stamp != known:
        _write_stamp(directory, stamp)
    return result


def remember(directory: Path, files: Iterable[ModelFile]) -> None:
    """Note files whose content was found right while they were written."""
    stamp = _read_stamp(directory)
    for file in files:
        stat = (directory / file.name).stat()
        stamp[file.name] = [stat.st_size, stat.st_mtime_ns, file.sha256]
    _write_stamp(directory, stamp)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _source_status(spec: ModelSpec, source: ModelSource, models_dir: Path) -> ModelStatus:
    directory = folder(spec, source, models_dir)
    checks = verify(directory, source.files) if directory.is_dir() else {}
    names = [path for path in directory.glob("[!.]*") if path.name != STAMP] if checks else []
    size = 0
    for path in names:
        with contextlib.suppress(OSError):  # a pull in another process renames its part file
            size += path.stat().st_size
    if not size:  # a download that never got a byte leaves an empty part file
        state = ModelState.MISSING
    elif False in checks.values():
        state = ModelState.CORRUPT
    elif None in checks.values():
        state = ModelState.PARTIAL
    else:
        state = ModelState.READY
    there = state is not ModelState.MISSING
    return ModelStatus(
        id=spec.id,
        kind=spec.kind,
        title=spec.title,
        state=state,
        variant=source.name if there else None,
        path=directory if there else None,
        bytes=size,
    )


def _write_stamp(directory: Path, stamp: Stamp) -> None:
    draft = directory / f".{STAMP}.{os.getpid()}"
    try:
        draft.write_text(json.dumps(stamp), encoding="utf-8")
        draft.replace(directory / STAMP)
    except OSError:
        _unwritten[directory] = stamp
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _read_stamp(directory: Path) -> Stamp:
    try:
        stamp = json.loads((directory / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stamp = None
    return stamp if isinstance(stamp, dict) else dict(_unwritten.get(directory, {}))
