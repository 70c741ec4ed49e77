"""Converted stretches for requests: a few made at a time, each only as long as somebody waits for it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from starlette.requests import Request

from gaze_search_app.clip_cache import ClipCache, ClipKey, StoredClip

AT_ONCE = 2


class _LeftError(Exception):
    """Whoever asked is gone."""


class Conversions:
    """Makes stretches in threads of its own, so that files are sent meanwhile."""

    def __init__(self, clips: ClipCache) -> None:
        self._clips = clips
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="convert")

    async def clip(self, request: Request, source: Path, key: ClipKey) -> StoredClip | None:
        """The stretch of `source` that `key` names, None once the request was given up.

        What waits is then never begun, and what was begun ends within half a second. Raises GazeError
        as `ClipCache.clip`.
        """
        gone = threading.Event()

        def heed(fraction: float) -> None:
            del fraction
            if gone.is_set():
                raise _LeftError

        loop = asyncio.get_running_loop()
        making = loop.run_in_executor(self._threads, self._clips.clip, source, key, heed)
        leaving = asyncio.ensure_future(_left(request))
        either: set[asyncio.Future[Any]] = {making, leaving}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            return making.result() if making.done() else None
        finally:
            gone.set()
            leaving.cancel()
            making.cancel()


async def _left(request: Request) -> None:
    """Return once the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
