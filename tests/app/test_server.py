"""The search app as a process: ready, guarded, silent about its token."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.app.conftest import make_film, make_root
from tests.support.serving import Served, served
from tests.support.synthetic import Film, Line, SyntheticRoot


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> SyntheticRoot:
    folder = tmp_path_factory.mktemp("served")
    return make_root(folder, make_film(folder))


@pytest.fixture(scope="module")
def app(published: SyntheticRoot) -> Iterator[Served]:
    with served(published.root, published.root.parent / "search.log") as app:
        yield app


def test_pages_and_media_need_the_token(app: Served) -> None:
    captions = f"/captions/{'a' * 16}.srt"
    for path in ("/", "/library", "/healthz", captions, "/_stcore/health", "/api/health"):
        assert httpx.get(app.url(path), timeout=60).status_code == 401
        assert app.get(path).status_code == 200


def test_programs_search_as_the_page_does(app: Served) -> None:
    answer = app.get("/api/search?q=country+road&mode=transcript").json()
    assert answer["moments"][0]["snippet"] == "a quiet country road"
    assert app.get("/api/nothing").json()["error"]["code"] == "ADDRESS_UNKNOWN"


def test_programs_are_told_of_everything_and_then_of_changes(
    app: Served, published: SyntheticRoot
) -> None:
    headers = {"authorization": f"Bearer {app.token}"}
    with httpx.stream("GET", app.url("/api/events"), headers=headers, timeout=30) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = _events(stream)
        first = [next(events) for _ in range(3)]
        assert {kind for kind, _ in first} == {"job"}
        published.add(Film("c" * 16, [Line(0, 1000, "a new one")]))
        new = next(what for kind, what in events if kind == "job" and what["id"] == "c" * 16)
    assert new["title"] == f"{'c' * 16}.mp4"


def _events(stream: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = ""
    for line in stream.iter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


def test_the_live_connection_needs_the_token(app: Served) -> None:
    address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
    with pytest.raises(InvalidStatus):
        connect(address, open_timeout=10)
    headers = {"Authorization": f"Bearer {app.token}"}
    with connect(address, additional_headers=headers, open_timeout=10):
        pass


def test_other_names_of_the_host_are_refused(app: Served) -> None:
    headers = {"authorization": f"Bearer {app.token}", "host": "gaze.example.com"}
    assert httpx.get(app.url(), headers=headers, timeout=60).status_code == 403


def test_pages_tell_the_browser_to_load_nothing_from_elsewhere(app: Served) -> None:
    policy = app.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self'" in policy
    assert "http" not in policy


def test_the_token_is_in_no_log(app: Served) -> None:
    httpx.get(app.url(f"/?token={app.token}"), timeout=60)
    app.get("/library")
    assert app.token not in app.log.read_text(encoding="utf-8")


def test_a_port_in_use_is_told_by_code(root: SyntheticRoot) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "gaze_search_app.server"],
            env={
                "PATH": "",
                "GAZE_DATA": str(root.root),
                "GAZE_SERVICES__SEARCH_PORT": port,
                "PYTHONPATH": ":".join(sys.path),
            },
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert "PORT_IN_USE" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_stops_when_asked_although_a_page_is_open(root: SyntheticRoot, tmp_path: Path) -> None:
    with ExitStack() as visitors, served(root.root, tmp_path / "search.log") as app:
        headers = {"Authorization": f"Bearer {app.token}"}
        address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
        visitors.enter_context(connect(address, additional_headers=headers))
