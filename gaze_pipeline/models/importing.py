"""Models from a folder, for machines without a network: files are known by their content."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models import packages
from gaze_pipeline.models.incoming import copy, disk_errors
from gaze_pipeline.models.installed import (
    ModelState,
    ModelStatus,
    folder,
    remember,
    sha256,
    status,
)
from gaze_pipeline.models.manifest import Manifest, ModelFile, ModelSource


def import_from(directory: Path, manifest: Manifest, models_dir: Path) -> list[ModelStatus]:
    """Take every model whose files lie anywhere under `directory`, loose or in wheels.

    Returns how each model stands afterwards. Raises GazeError: FILE_NOT_FOUND, MODEL_CORRUPT where
    the only files found have wrong content, MODEL_MISSING where there are none, or DISK_FULL.
    """
    if not directory.is_dir():
        raise GazeError(ErrorCode.FILE_NOT_FOUND, directory)
    shelf = _Shelf(directory)
    taken = False
    for spec in manifest.models:
        if status(spec, models_dir).state is ModelState.READY:
            continue
        for source in spec.sources:
            if shelf.put(source, folder(spec, source, models_dir)):
                taken = True
                break
    statuses = [status(spec, models_dir) for spec in manifest.models]
    if not taken and any(entry.state is not ModelState.READY for entry in statuses):
        if shelf.wrong:
            raise GazeError(ErrorCode.MODEL_CORRUPT, directory, ", ".join(sorted(shelf.wrong)))
        raise GazeError(ErrorCode.MODEL_MISSING, directory, "the folder holds none of its files")
    return statuses


class _Shelf:
    """The files under a folder; `wrong` collects those that bear a model's name without its content."""

    def __init__(self, directory: Path) -> None:
        self._paths = list(_files(directory))
        self._wheels = [path for path in self._paths if path.suffix == ".whl"]
        self._hashes: dict[Path, str] = {}
        self.wrong: set[str] = set()

    def put(self, source: ModelSource, directory: Path) -> bool:
        """Copy a source's files into `directory` when all of them are here."""
        places = {file.name: self._find(file) for file in source.files}
        loose = {name: path for name, path in places.items() if path is not None}
        packed = [file for file in source.files if file.name not in loose]
        if packed and not all(packages.holds(self._wheels, file) for file in packed):
            return False
        for file in source.files:
            target = directory / file.name
            if file.name in loose:
                copy(loose[file.name], target, file)
            else:
                packages.extract(self._wheels, file, target)
        remember(directory, source.files)
        return True

    def _find(self, file: ModelFile) -> Path | None:
        for path in self._paths:
            named = path.name == file.name
            if not named and (file.bytes is None or path.stat().st_size != file.bytes):
                continue
            if self._hash(path) == file.sha256:
                return path
            if named and path.suffix != ".json":
                self.wrong.add(path.name)
        return None

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            with disk_errors(path):
                self._hashes[path] = sha256(path)
        return self._hashes[path]


def _files(directory: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(directory):
        for name in sorted(names):
            path = Path(parent) / name
            if path.is_file():
                yield path
