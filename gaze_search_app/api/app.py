"""The API as one application, to be mounted at `/api`."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_search_app.api import events, jobs, libraries, searching, standing
from gaze_search_app.api.context import Context
from gaze_search_app.problems import Failure, failed, refused

_ABOUT = """What Gaze knows and finds, for programs on this machine; nothing of it leaves the machine.

Every call needs the access token of this start (`Authorization: Bearer TOKEN`; the file `run/token` of the
data root, readable by its owner only). The API only reads. What changes the library is done by the `gaze`
command (`library add`, `scan`, `index`, `cancel`, `retry`, `forget`, `models pull`) or in the Dagster UI."""
_FAILURES = {422: "not as it must be", 404: "not there", 503: "no index yet", 500: "went wrong"}


def create_api(context: Context) -> FastAPI:
    """The API over a workspace and an engine."""
    api = FastAPI(
        title="Gaze",
        version=version("gaze"),
        description=_ABOUT,
        docs_url=None,  # its pages would load scripts from elsewhere
        redoc_url=None,
        servers=[{"url": "/api"}],
        responses={
            code: {"model": Failure, "description": what} for code, what in _FAILURES.items()
        },
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    api.state.context = context
    for part in (standing, libraries, jobs, events, searching):
        api.include_router(part.router)
    api.exception_handler(GazeError)(refused)
    api.exception_handler(RequestValidationError)(_unfit)
    api.exception_handler(HTTPException)(_unknown)
    api.exception_handler(Exception)(failed)
    return api


def _unfit(request: Request, error: RequestValidationError) -> Response:
    """An argument that is not as the schema has it, named."""
    said = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
    return refused(request, GazeError(ErrorCode.ARGUMENT_INVALID, detail="; ".join(said)))


def _unknown(request: Request, error: HTTPException) -> Response:
    """An address that is none, or a method that would change something."""
    code = ErrorCode.READ_ONLY if error.status_code == 405 else ErrorCode.ADDRESS_UNKNOWN
    answer = refused(request, GazeError(code, request.url.path))
    answer.headers.update(error.headers or {})
    return answer
