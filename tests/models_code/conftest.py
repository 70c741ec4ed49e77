"""Fixtures for the tests of the models' code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gaze_pipeline.models import transfer
from tests.models_code.file_server import FileServer, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A misbehaving file server; retries do not wait."""
    monkeypatch.setattr(transfer, "PAUSE_S", 0.0)
    with serving() as running:
        yield running
