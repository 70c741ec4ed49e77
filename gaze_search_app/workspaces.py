"""What every page shares: the workspace and the search engine of the data root, opened once a process."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import streamlit as st

from gaze_pipeline.channels import Channel
from gaze_pipeline.errors import GazeError
from gaze_pipeline.settings import data_root
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


def choices() -> tuple[dict[str, int], list[str]]:
    """The labels of the newest snapshot with the frames that show each, and its libraries.

    Raises GazeError(INDEX_MISSING | INDEX_CORRUPT).
    """
    snapshot = engine().snapshots.latest()
    labels, libraries = _choices(str(data_root()), snapshot.info.number, snapshot)
    on = workspace().settings.channels.on
    return labels if Channel.LABELS in on else {}, libraries


@st.cache_data(max_entries=8, show_spinner=False)
def _choices(root: str, number: int, _snapshot: Snapshot) -> tuple[dict[str, int], list[str]]:
    del root, number
    labels = {found.label: found.frames for found in browse.labels(_snapshot)}
    return labels, [library.name for library in browse.libraries(_snapshot)]


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
