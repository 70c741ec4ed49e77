"""Running the search app as its own process, as `gaze up` does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from gaze_pipeline.services.ports import free_port

START_S = 180


@dataclass(frozen=True)
class Served:
    """A running search app."""

    port: int
    token: str
    log: Path
    pid: int

    def url(self, path: str = "/") -> str:
        """The address of a page, without the token."""
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str) -> httpx.Response:
        """Ask with the token as a program would."""
        return httpx.get(
            self.url(path), headers={"authorization": f"Bearer {self.token}"}, timeout=60
        )


@contextmanager
def served(
    root: Path, log: Path, environment: Mapping[str, str] | None = None, port: int | None = None
) -> Iterator[Served]:
    """The search app of a data root, ready, on a port of its own unless one is given; stopped at the end.

    Raises AssertionError with its log.
    """
    port = port or free_port()
    variables = {
        **os.environ,
        **(environment or {}),
        "GAZE_DATA": str(root),
        "GAZE_SERVICES__SEARCH_PORT": str(port),
    }
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "gaze_search_app.server"],
            env=variables,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _ready(process, root, port, log)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _ready(process: subprocess.Popen[bytes], root: Path, port: int, log: Path) -> Served:
    end = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < end:
        token = root / "run" / "token"
        if token.is_file():
            app = Served(port, token.read_text(encoding="ascii").strip(), log, process.pid)
            try:
                if app.get("/healthz").status_code == 200:
                    return app
            except httpx.TransportError:
                pass
        time.sleep(0.1)
    raise AssertionError(f"the search app did not start:\n{log.read_text(encoding='utf-8')}")
