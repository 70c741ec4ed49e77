"""`/api/events`: what changes, as it changes (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from gaze_pipeline import health
from gaze_pipeline.workspace import Workspace
from gaze_search_app.api import schema
from gaze_search_app.api.context import Space
from gaze_search_app.api.jobs import job
from gaze_search_app.api.standing import models_of

EVERY_S = 1.0

router = APIRouter(tags=["work"])


@router.get("/events", response_class=EventSourceResponse)
async def get_events(space: Space) -> AsyncIterator[ServerSentEvent]:
    """Everything once, then what changed: `job`, `scan` (a library), `model` and `index` events.

    The data of each is a `Job`, `Scan` or `Model` of the schema, or the `number` of the index and whether
    it is `behind`; `gone` names what is no longer there.
    """
    known: dict[tuple[str, str], Any] = {}
    while True:
        seen = await run_in_threadpool(lambda: dict(_look(space)))
        for (kind, name), what in seen.items():
            if known.get((kind, name)) != what:
                yield ServerSentEvent(event=kind, data=what)
        for kind, name in known.keys() - seen.keys():
            yield ServerSentEvent(event="gone", data={"kind": kind, "id": name})
        known = seen
        await asyncio.sleep(EVERY_S)


def _look(space: Workspace) -> Iterator[tuple[tuple[str, str], Any]]:
    """Everything there is to tell, by its kind and name."""
    for video in space.catalog.videos.all():
        yield ("job", video.fingerprint), _told(job(video))
    for library in health.libraries(space):
        yield ("scan", library.name), _told(_scan(space, library))
    for model in models_of(space):
        yield ("model", model.id), _told(model)
    if (index := health.index(space)) is not None:
        yield ("index", "index"), {"number": index.number, "behind": index.behind}


def _scan(space: Workspace, library: health.LibraryHealth) -> schema.Scan:
    chosen = space.settings.library(library.name)
    last = space.catalog.libraries.last_scan(chosen.name, chosen.path)
    return schema.Scan(
        library=library.name,
        files=library.files,
        offline=library.offline,
        unwatched=library.unwatched,
        scanned_at=last.at if last else None,
    )


def _told(what: BaseModel) -> dict[str, Any]:
    return what.model_dump(mode="json")
