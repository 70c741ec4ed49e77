"""The API over a data root with three films, as the server mounts it."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gaze_pipeline.settings import Library
from gaze_pipeline.workspace import Workspace
from gaze_search_app.api.app import create_api
from gaze_search_app.api.context import Context
from gaze_search_app.search.engine import Engine
from tests.app.conftest import make_film, make_root


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A data root with the library `films`, in whose folder one film is a file."""
    folder = tmp_path_factory.mktemp("api")
    film = make_film(folder)
    root = make_root(folder, film)
    libraries = [Library(name="films", path=film.parent)]
    return Workspace(root.settings.model_copy(update={"libraries": libraries}))


@pytest.fixture(scope="module")
def served(workspace: Workspace) -> FastAPI:
    """The API as the server mounts it."""
    engine = Engine(workspace.settings)
    return create_api(Context(lambda: workspace, lambda: engine))


@pytest.fixture(scope="module")
def api(served: FastAPI) -> TestClient:
    """A client of it."""
    return TestClient(served, base_url="http://127.0.0.1", raise_server_exceptions=False)
