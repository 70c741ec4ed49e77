"""Routes beside the pages: videos by byte range, converted clips, frames, transcripts, timelines, captions.

A video is only ever named by its fingerprint, which the catalog turns into a path; no part of an address
becomes a part of a path.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.workspace import Workspace
from gaze_search_app.captions import CAPTION_TYPES, CaptionFormat, captions
from gaze_search_app.clip_cache import ClipCache, ClipKey
from gaze_search_app.conversions import Conversions
from gaze_search_app.playback import plan, present_file
from gaze_search_app.timelines import read_timeline
from gaze_search_app.transcripts import read_transcript

_FINGERPRINT = re.compile(r"[0-9a-f]{16}", re.ASCII)
_MISSING = Path(__file__).parent / "components" / "missing.svg"


class MediaRoutes:
    """What the player asks for, from one data root. Endpoints that are synchronous run in threads."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        limit = workspace.settings.storage.clips_mb * 1_000_000
        clips = ClipCache(workspace.paths.clips, workspace.decoder, limit)
        self.conversions = Conversions(clips)

    def routes(self) -> list[Route]:
        """The routes to mount beside the pages."""
        return [
            Route("/files/{fingerprint}", self.file),
            Route("/clips/{key}", self.clip),
            Route("/playback/{fingerprint}", self.playback),
            Route("/thumbnails/{fingerprint}/{frame_index:int}.jpg", self.thumbnail),
            Route("/posters/{fingerprint}.jpg", self.poster),
            Route("/transcripts/{fingerprint}", self.transcript),
            Route("/timelines/{fingerprint}", self.timeline),
            Route("/captions/{fingerprint}.{format}", self.captions),
        ]

    def file(self, request: Request) -> Response:
        """The video file itself; the response follows byte ranges and reads from disk as it sends."""
        path = present_file(self.workspace, _fingerprint(request))
        media_type = mimetypes.guess_type(path.name)[0] or "video/mp4"
        return FileResponse(path, media_type=media_type, headers={"cache-control": "private"})

    async def playback(self, request: Request) -> Response:
        """How to play a video from a moment on, converting a stretch where browsers cannot play the file."""
        fingerprint = _fingerprint(request)
        needed = await run_in_threadpool(
            plan,
            self.workspace,
            fingerprint,
            start_ms=_number(request, "start_ms"),
            end_ms=_number(request, "end_ms"),
            convert=request.query_params.get("convert") == "true",
        )
        if needed.key is None:
            playback = needed.of_file(fingerprint)
        else:
            clip = await self.conversions.clip(request, needed.path, needed.key)
            if clip is None:
                return _nobody_waits()
            playback = needed.of_clip(needed.key, clip.offset_ms)
        return JSONResponse(asdict(playback), headers={"cache-control": "no-store"})

    async def clip(self, request: Request) -> Response:
        """A converted stretch; made again if it was cleared away meanwhile."""
        key = ClipKey.parse(request.path_params["key"])
        if key is None:
            raise GazeError(ErrorCode.FILE_NOT_FOUND, request.path_params["key"])
        path = await run_in_threadpool(present_file, self.workspace, key.fingerprint)
        clip = await self.conversions.clip(request, path, key)
        if clip is None:
            return _nobody_waits()
        media_type = "video/webm" if key.suffix == ".webm" else "video/mp4"
        return FileResponse(clip.path, media_type=media_type, headers={"cache-control": "private"})

    def thumbnail(self, request: Request) -> Response:
        """A sampled frame; it belongs to a fingerprint and an index, so browsers may keep it."""
        fingerprint, index = _fingerprint(request), request.path_params["frame_index"]
        path = self.workspace.paths.thumbnail(fingerprint, index)
        if path.is_symlink() or not path.is_file():
            return _no_picture()
        return _picture(path, max_age_s=86_400)

    def poster(self, request: Request) -> Response:
        """The sampled frame from the middle of a video."""
        fingerprint = _fingerprint(request)
        found = self.workspace.paths.thumbnails(fingerprint).glob("[0-9]*.jpg")
        frames = sorted(path for path in found if not path.is_symlink())
        if not frames:
            return _no_picture()
        return _picture(frames[len(frames) // 2], max_age_s=60)

    def transcript(self, request: Request) -> Response:
        """The lines of a video, or none and the reason."""
        transcript = read_transcript(self.workspace, _fingerprint(request))
        return JSONResponse(asdict(transcript), headers={"cache-control": "no-cache"})

    def timeline(self, request: Request) -> Response:
        """When something is said, written or seen in a video, and its sampled frames."""
        timeline = read_timeline(self.workspace, _fingerprint(request))
        return JSONResponse(asdict(timeline), headers={"cache-control": "no-cache"})

    def captions(self, request: Request) -> Response:
        """The transcript as a file to download or to show as subtitles (`.srt`, `.vtt`).

        `from_ms` cuts off what comes before and counts from there, as a converted stretch does.
        """
        fingerprint, wanted = _fingerprint(request), request.path_params["format"]
        if wanted not in set(CaptionFormat):
            raise GazeError(ErrorCode.FILE_NOT_FOUND, f"captions as {wanted}")
        form = CaptionFormat(wanted)
        text = captions(self.workspace.artifacts, fingerprint, form, _number(request, "from_ms"))
        headers = {"cache-control": "no-cache"}
        if "download" in request.query_params:
            name = quote(f"{self._stem(fingerprint)}.{form}".encode("utf-8", "replace"))
            headers["content-disposition"] = f"attachment; filename*=utf-8''{name}"
        return Response(text, media_type=CAPTION_TYPES[form], headers=headers)

    def _stem(self, fingerprint: str) -> str:
        video = self.workspace.catalog.videos.get(fingerprint)
        return video.path.stem if video else fingerprint


def _picture(path: Path, max_age_s: int) -> Response:
    headers = {"cache-control": f"private, max-age={max_age_s}"}
    return FileResponse(path, media_type="image/jpeg", headers=headers)


def _no_picture() -> Response:
    """Not found, with a quiet drawing that fills whatever place a picture was to take."""
    return FileResponse(
        _MISSING,
        status_code=HTTPStatus.NOT_FOUND,
        media_type="image/svg+xml",
        headers={"cache-control": "no-store"},
    )


def _nobody_waits() -> Response:
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _fingerprint(request: Request) -> str:
    fingerprint: str = request.path_params["fingerprint"]
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
    return fingerprint


def _number(request: Request, name: str) -> int:
    value = request.query_params.get(name, "")
    return int(value) if re.fullmatch(r"\d{1,12}", value, re.ASCII) else 0
