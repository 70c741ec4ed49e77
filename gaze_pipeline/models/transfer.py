"""One model file over HTTP: redirects, resume after a cut, retries with patience."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx

from gaze_pipeline.models.incoming import Incoming, Progress
from gaze_pipeline.models.manifest import ModelFile

ATTEMPTS_WITHOUT_PROGRESS = 4
PAUSE_S = 0.5
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class UnreachableError(Exception):
    """A source does not give a file; the message says why."""


class _CutError(Exception):
    """The transfer broke off; what was received is kept."""


def client() -> httpx.Client:
    """A client as `download` needs it; it honours the proxy variables of the environment.

    Raises UnreachableError where those name a proxy of a kind that is not supported.
    """
    try:
        return httpx.Client(follow_redirects=True, timeout=_TIMEOUT)
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise UnreachableError(f"the proxy cannot be used: {error}") from error


def download(
    http: httpx.Client,
    url: str,
    target: Path,
    file: ModelFile,
    on_progress: Progress | None = None,
) -> None:
    """Fetch `url` into `target`, going on where an earlier attempt stopped.

    Raises UnreachableError, or GazeError(MODEL_CORRUPT | DISK_FULL). What came before a cut stays
    for the next attempt.
    """
    with Incoming(target, file, on_progress) as incoming:
        fruitless = 0
        while not incoming.matches():
            before = incoming.size
            try:
                _receive(http, url, incoming)
            except _CutError as cut:
                fruitless = 0 if incoming.size > before else fruitless + 1
                if fruitless >= ATTEMPTS_WITHOUT_PROGRESS:
                    raise UnreachableError(str(cut)) from cut
                time.sleep(PAUSE_S * 2**fruitless)
                continue
            if incoming.matches() or not incoming.resumed:
                break
            incoming.restart()  # what an earlier attempt left was of another file
        incoming.finish()


def _receive(http: httpx.Client, url: str, incoming: Incoming) -> None:
    """One request: from the first byte that is missing to the end."""
    headers = {"Accept-Encoding": "identity"}
    if incoming.size:
        headers["Range"] = f"bytes={incoming.size}-"
    try:
        with http.stream("GET", url, headers=headers) as response:
            _check(response, incoming)
            for block in response.iter_raw():
                incoming.write(block)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        raise UnreachableError(f"no connection: {error}") from error
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise UnreachableError(str(error)) from error
    except httpx.TransportError as error:
        raise _CutError(f"connection lost: {error or type(error).__name__}") from error


def _check(response: httpx.Response, incoming: Incoming) -> None:
    """Bring `incoming` in line with what the server is about to send."""
    status = response.status_code
    if status in _PASSING:
        raise _CutError(f"HTTP {status}")
    if status == 416:
        incoming.restart()
        raise _CutError("HTTP 416")
    if status == 206:
        span = re.match(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if span is None or int(span[1]) != incoming.size:
            incoming.restart()
            raise _CutError("the server sent another range than asked for")
        if span[2] != "*":
            incoming.total = int(span[2])
    elif status == 200:
        if incoming.size:
            incoming.restart()
        incoming.total = int(response.headers.get("Content-Length", incoming.total))
    else:
        raise UnreachableError(f"HTTP {status}")
