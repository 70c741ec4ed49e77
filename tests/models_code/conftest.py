"""Fixtures for the tests of the models' code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gaze_pipeline.models import transfer
from tests.models_code.file_server import FileServer, serving
from tests.models_code.toys import save_clip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a toy CLIP model."""
    folder = tmp_path_factory.mktemp("clip")
    save_clip(folder)
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A misbehaving file server; retries do not wait."""
    monkeypatch.setattr(transfer, "PAUSE_S", 0.0)
    with serving() as running:
        yield running
