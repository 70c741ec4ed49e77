"""Libraries written into `gaze.toml` and taken out of it, its comments kept."""

from __future__ import annotations

import re
from pathlib import Path

import tomlkit

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.settings.folders import nested, real
from gaze_pipeline.settings.reading import Settings, load
from gaze_pipeline.settings.sections import Library
from gaze_pipeline.store.paths import DataPaths, write_whole

EXAMPLE = Path(__file__).parents[1] / "gaze.example.toml"


def add_library(settings: Settings, library: Library) -> Settings:
    """Write a library into `gaze.toml`, keeping its comments.

    Raises GazeError(FILE_NOT_FOUND | LIBRARY_EXISTS | LIBRARY_NESTED).
    """
    if not library.path.is_dir():
        raise GazeError(ErrorCode.FILE_NOT_FOUND, library.path)
    for other in settings.libraries:
        if other.name == library.name or real(other.path) == real(library.path):
            raise GazeError(ErrorCode.LIBRARY_EXISTS, other.name, str(other.path))
        if nested(library.path, other.path):
            raise GazeError(ErrorCode.LIBRARY_NESTED, library.path, f"library {other.name}")
    document = _document(settings.paths)
    entry = tomlkit.table()
    entry.add("name", library.name)
    entry.add("path", str(library.path))
    if not library.recursive:
        entry.add("recursive", False)
    tables = document.get("libraries") or tomlkit.aot()
    tables.append(entry)
    document["libraries"] = tables
    write_whole(settings.paths.settings, tomlkit.dumps(document).encode())
    return load()


def remove_library(settings: Settings, name: str) -> Settings:
    """Take a library out of `gaze.toml`. Raises GazeError(LIBRARY_UNKNOWN)."""
    settings.library(name)
    document = _document(settings.paths)
    kept = [entry for entry in document["libraries"] if entry["name"] != name]
    tables = tomlkit.aot()
    for entry in kept:
        tables.append(entry)
    document["libraries"] = tables
    write_whole(settings.paths.settings, tomlkit.dumps(document).encode())
    return load()


def library_name(folder: Path, taken: list[str]) -> str:
    """A name for a folder's library that is not yet taken."""
    base = re.sub(r"\s+", " ", folder.name).strip()[:56] or "videos"
    names = [base, *(f"{base} {number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _document(paths: DataPaths) -> tomlkit.TOMLDocument:
    source = paths.settings if paths.settings.is_file() else EXAMPLE
    return tomlkit.parse(source.read_text(encoding="utf-8"))
