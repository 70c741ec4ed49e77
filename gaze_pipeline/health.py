"""How Gaze is: what can be searched now, what is missing, what is where: for page and doctor."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gaze_pipeline.channels import SWITCHED_OFF, Channel
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.walk import why_offline
from gaze_pipeline.models.device import pick
from gaze_pipeline.models.installed import ModelState, ModelStatus, status
from gaze_pipeline.models.manifest import Kind, load_manifest
from gaze_pipeline.names import readable
from gaze_pipeline.settings import Library, Settings
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.room import shortage
from gaze_pipeline.store.snapshot_files import current
from gaze_pipeline.workspace import Workspace

PACKAGES = (
    "gaze",
    "dagster",
    "streamlit",
    "duckdb",
    "lancedb",
    "faster-whisper",
    "open_clip_torch",
    "torch",
    "av",
    "onnxruntime",
    "rapidocr",
)
"""What a bug report names."""

ENABLES = {
    "whisper": "search in what is said",
    "clip": "search in what is seen",
    "detector": "labels of things seen",
    "sentence": "search in what is meant",
}
"""What a user loses without a model of each kind."""

FINDS = {
    Channel.SPEECH: "words that are said",
    Channel.PICTURES: "what is seen",
    Channel.LABELS: "things seen, by name",
    Channel.TEXT: "text on screen",
    Channel.MEANING: "what is said, in other words",
}
"""What each channel finds."""

_MODELS: dict[Channel, Kind] = {
    Channel.SPEECH: "whisper",
    Channel.PICTURES: "clip",
    Channel.LABELS: "detector",
    Channel.MEANING: "sentence",
}
"""The kind of model that each channel needs; that of text on screen comes with its package."""


@dataclass(frozen=True)
class LibraryHealth:
    """A library's folder, how many files are known in it, and how its changes are noticed.

    `offline` says why the folder could not be looked through the last time, `unwatched` why changes in it
    are not told at once; None where all is well. `scanned_age_s` is in seconds.
    """

    name: str
    path: str
    files: int
    offline: str | None
    unwatched: str | None
    scanned_age_s: float | None


@dataclass(frozen=True)
class IndexHealth:
    """The published snapshot. `age_s` is in seconds; `behind` tells that changes wait for the next."""

    number: int
    age_s: float
    behind: bool


@dataclass(frozen=True)
class DiskHealth:
    """The data root's disk, in bytes."""

    root: str
    free: int
    used: dict[str, int]
    low: bool
    """Whether indexing waits for room."""
    index: int
    """What was learnt of the videos, searchable or yet to be: a part of what is used."""


def models(settings: Settings) -> list[ModelStatus]:
    """How each model stands that the channels in use need.

    Raises GazeError(SETTINGS_INVALID) for a manifest that cannot be read.
    """
    manifest = load_manifest(settings.models.manifest)
    needed = {_MODELS[channel] for channel in settings.channels.on if channel in _MODELS}
    return [status(spec, settings.models_dir) for spec in manifest.models if spec.kind in needed]


def channels(settings: Settings) -> dict[Channel, str]:
    """How each channel stands: in use, or switched off."""
    on = settings.channels.on
    return {channel: "in use" if channel in on else SWITCHED_OFF for channel in Channel}


def remedy(model: ModelStatus) -> ErrorCode | None:
    """What is wrong with a model, if anything."""
    if model.state is ModelState.READY:
        return None
    return ErrorCode.MODEL_CORRUPT if model.state is ModelState.CORRUPT else ErrorCode.MODEL_MISSING


def libraries(workspace: Workspace) -> list[LibraryHealth]:
    """Every library of the settings."""
    return [_library(library, workspace.catalog) for library in workspace.settings.libraries]


def _library(library: Library, catalog: Catalog) -> LibraryHealth:
    last = catalog.libraries.last_scan(library.name, library.path)
    return LibraryHealth(
        name=library.name,
        path=readable(library.path),
        files=catalog.files.count(library.name),
        offline=(last.offline or None) if last else why_offline(library),
        unwatched=catalog.libraries.unwatched(library.name, library.path),
        scanned_age_s=max(time.time() - last.at, 0.0) if last else None,
    )


def index(workspace: Workspace) -> IndexHealth | None:
    """The snapshot that answers searches, or None before the first."""
    info = current(workspace.paths)
    if info is None:
        return None
    return IndexHealth(
        number=info.number,
        age_s=max(time.time() - info.published_at, 0.0),
        behind=workspace.catalog.revision() > info.revision,
    )


def disk(settings: Settings) -> DiskHealth:
    """Free space, and what the data root's own folders take."""
    root = settings.root
    root.mkdir(parents=True, exist_ok=True)
    used = {entry.name: _size(entry) for entry in sorted(root.iterdir()) if entry.is_dir()}
    low = shortage(settings.paths, settings.storage.reserve_mb) is not None
    learnt = (settings.paths.artifacts, settings.paths.index, settings.paths.vectors)
    index = sum(used.get(folder.name, 0) for folder in learnt)
    return DiskHealth(readable(root), shutil.disk_usage(root).free, used, low, index)


def device(settings: Settings) -> str:
    """What models run on, or why they cannot."""
    try:
        chosen = pick(settings.models.device)
    except GazeError as error:
        return str(error)
    return f"{chosen.name}: {chosen.description}"


def versions() -> dict[str, str]:
    """Python and the packages a bug report names; those that are not installed are missing in it."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _size(folder: Path) -> int:
    return sum(_sizes(folder))


def _sizes(folder: str | Path) -> Iterator[int]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _sizes(entry.path)
            else:
                yield entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
