"""`/api/libraries`, `/api/videos`, `/api/captions`: what is indexed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from gaze_pipeline import health
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.names import valid
from gaze_pipeline.settings import Library
from gaze_pipeline.states import State
from gaze_pipeline.store.catalog.rows import FileRow, VideoRow
from gaze_pipeline.workspace import Workspace
from gaze_search_app.api import schema
from gaze_search_app.api.context import KnownVideo, Limit, Offset, Space
from gaze_search_app.captions import CAPTION_TYPES, CaptionFormat, captions
from gaze_search_app.problems import Problem

router = APIRouter(tags=["what is indexed"])
_CAPTIONS = {"content": {kind: {"schema": {"type": "string"}} for kind in CAPTION_TYPES.values()}}


@router.get("/libraries")
def get_libraries(space: Space) -> schema.Libraries:
    """Every library. `gaze library add FOLDER` adds one."""
    videos = space.catalog.videos.all()
    return schema.Libraries(
        libraries=[
            _library(chosen, found, videos)
            for chosen, found in zip(space.settings.libraries, health.libraries(space), strict=True)
        ]
    )


@router.get("/libraries/{name}")
def get_library(
    name: Annotated[str, Path(description="Its name in the settings.")], space: Space
) -> schema.LibraryDetail:
    """One library, with the files in it that cannot be searched. `gaze retry` has them read again."""
    chosen = space.settings.library(name)
    (found,) = (one for one in health.libraries(space) if one.name == name)
    library = _library(chosen, found, space.catalog.videos.all())
    refused = [_refused(file) for file in space.catalog.refused() if file.library == name]
    return schema.LibraryDetail(**library.model_dump(), refused=refused)


@router.get("/videos")
def get_videos(
    space: Space,
    library: Annotated[str | None, Query(description="Only this library's.")] = None,
    state: Annotated[State | None, Query(description="Only those that stand so.")] = None,
    title: Annotated[str, Query(description="Only those whose name holds this.")] = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> schema.Videos:
    """One page of videos, by title."""
    if library is not None:
        space.settings.library(library)
    found = [
        video
        for video in space.catalog.videos.all()
        if (library is None or library in video.libraries)
        and state in (None, video.state)
        and title.casefold() in title_of(video).casefold()
    ]
    found.sort(key=lambda video: (title_of(video).casefold(), video.fingerprint))
    page = [_video(video) for video in found[offset : offset + limit]]
    return schema.Videos(videos=page, total=len(found))


@router.get("/videos/{fingerprint}")
def get_video(video: KnownVideo, space: Space) -> schema.VideoDetail:
    """One video and where to get its file, its picture, its words and the work on it."""
    name = video.fingerprint
    return schema.VideoDetail(
        **_video(video).model_dump(),
        facts=_facts(space, name),
        file=f"/files/{name}",
        poster=f"/posters/{name}.jpg",
        transcript=f"/transcripts/{name}",
        captions=f"/api/captions/{name}",
        job=f"/api/jobs/{name}",
    )


@router.get("/captions/{fingerprint}", response_class=Response, responses={200: _CAPTIONS})
def get_captions(
    video: KnownVideo,
    space: Space,
    form: Annotated[CaptionFormat, Query(alias="format")] = CaptionFormat.SRT,
) -> Response:
    """What is said in a video, as subtitles."""
    text = captions(space.artifacts, video.fingerprint, form)
    return Response(text, media_type=CAPTION_TYPES[form])


def title_of(video: VideoRow) -> str:
    """The name of a video's first file."""
    return valid(video.path.name)


def _video(video: VideoRow) -> schema.Video:
    return schema.Video(
        fingerprint=video.fingerprint,
        title=title_of(video),
        paths=[valid(file.path) for file in video.files],
        libraries=video.libraries,
        duration_ms=video.duration_ms,
        state=video.state,
        added_at=video.added_at,
    )


def _facts(space: Workspace, fingerprint: str) -> schema.Facts | None:
    try:
        return schema.Facts(**space.artifacts.read_facts(fingerprint).to_pylist()[0])
    except GazeError:
        return None


def _library(
    chosen: Library, found: health.LibraryHealth, videos: Sequence[VideoRow]
) -> schema.Library:
    own = [video for video in videos if chosen.name in video.libraries]
    return schema.Library(
        **asdict(found),
        recursive=chosen.recursive,
        videos=len(own),
        duration_ms=sum(video.duration_ms for video in own),
    )


def _refused(file: FileRow) -> schema.RefusedFile:
    code: ErrorCode | None = file.error_code
    path = valid(file.path)
    problem = Problem.of(code, path, file.error_detail) if code else None
    return schema.RefusedFile(path=path, state=file.state, problem=problem)
