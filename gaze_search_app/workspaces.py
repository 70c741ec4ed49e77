"""What every page shares: the workspace and the search engine of the data root, opened once a process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import streamlit as st

from gaze_pipeline import health
from gaze_pipeline.channels import Channel
from gaze_pipeline.errors import GazeError
from gaze_pipeline.health import DiskHealth
from gaze_pipeline.settings import Settings, data_root
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace
from gaze_search_app.search import browse
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import SearchRequest


def workspace() -> Workspace:
    """The workspace of the data root; opened anew when `gaze.toml` changes."""
    root = data_root()
    return _workspace(root, _changed(root / "gaze.toml"))


def engine() -> Engine:
    """The search engine; it follows new snapshots by itself."""
    root = data_root()
    return _engine(root, _changed(root / "gaze.toml"))


def warm() -> None:
    """Open the index and load the model before the first visitor asks; failures wait for them too."""
    with suppress(GazeError):
        engine().search(SearchRequest(query="warm"))


def libraries() -> list[str]:
    """The libraries of the newest snapshot. Raises GazeError(INDEX_MISSING | INDEX_CORRUPT)."""
    snapshot = engine().snapshots.latest()
    return _libraries(str(data_root()), snapshot.info.number, snapshot)


def labels(libraries: Sequence[str] = ()) -> dict[str, int]:
    """The labels seen in some libraries of it, or in all, and in how many videos, most first.

    Raises GazeError(INDEX_MISSING | INDEX_CORRUPT).
    """
    if Channel.LABELS not in workspace().settings.channels.on:
        return {}
    snapshot = engine().snapshots.latest()
    return _labels(str(data_root()), snapshot.info.number, tuple(libraries), snapshot)


def disk() -> DiskHealth:
    """What the data root takes of its disk, as it was within the last two minutes."""
    settings = workspace().settings
    return _disk(str(settings.root), settings)


@st.cache_data(ttl=120, show_spinner=False)
def _disk(root: str, _settings: Settings) -> DiskHealth:
    del root
    return health.disk(_settings)


@st.cache_data(max_entries=8, show_spinner=False)
def _libraries(root: str, number: int, _snapshot: Snapshot) -> list[str]:
    del root, number
    return [library.name for library in browse.libraries(_snapshot)]


@st.cache_data(max_entries=32, show_spinner=False)
def _labels(
    root: str, number: int, libraries: tuple[str, ...], _snapshot: Snapshot
) -> dict[str, int]:
    del root, number
    found = sorted(browse.labels(_snapshot, libraries), key=lambda label: -label.videos)
    return {label.label: label.videos for label in found}


@st.cache_resource(max_entries=2, show_spinner=False)
def _workspace(root: Path, changed: int) -> Workspace:
    del root, changed
    return Workspace.open()


@st.cache_resource(max_entries=2, show_spinner=False)
def _engine(root: Path, changed: int) -> Engine:
    return Engine(_workspace(root, changed).settings)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
