"""The search app's one server on 127.0.0.1: pages, media, and the token gate in front of everything.

Started by `python -m gaze_search_app.server`.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.gate import Access, TokenGate
from gaze_pipeline.services.ports import HOST
from gaze_pipeline.workspace import Workspace
from gaze_search_app.api.app import create_api
from gaze_search_app.api.context import Context
from gaze_search_app.content_policy import ContentPolicy
from gaze_search_app.media_routes import MediaRoutes
from gaze_search_app.problems import failed, refused
from gaze_search_app.search.engine import Engine

PATIENCE_S = 3
_SCRIPT = Path(__file__).with_name("app.py")


def create_app(workspace: Workspace, access: Access) -> ASGIApp:
    """The whole search app as one ASGI application."""
    os.environ["STREAMLIT_SERVER_HEADLESS"] = "true"
    from streamlit.starlette import App

    from gaze_search_app.app_pages.frame import unforeseen

    @asynccontextmanager
    async def lifespan(app: App) -> AsyncIterator[None]:
        del app
        Thread(target=_warm, name="warm", daemon=True).start()
        yield

    return App(
        _SCRIPT,
        routes=[
            Route("/healthz", _alive),
            Mount("/api", create_api(Context(_workspace, _engine))),
            *MediaRoutes(workspace).routes(),
        ],
        middleware=[Middleware(ContentPolicy), Middleware(TokenGate, access=access)],
        exception_handlers={GazeError: refused, Exception: failed},
        on_script_error=unforeseen,
        lifespan=lifespan,
    )


def serve() -> None:
    """Serve until stopped. Raises GazeError(PORT_IN_USE | SETTINGS_INVALID)."""
    workspace = Workspace.open()
    access = Access.open(workspace.paths)
    port = workspace.settings.services.search_port
    with _listening(port) as listener:
        config = uvicorn.Config(
            create_app(workspace, access),
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=PATIENCE_S,
        )
        # An address may carry the token, and Streamlit hangs handlers of its own on this logger.
        logging.getLogger("uvicorn.access").disabled = True
        uvicorn.Server(config).run([listener])


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise GazeError(ErrorCode.PORT_IN_USE, f"{HOST}:{port}") from error
    listener.set_inheritable(False)
    return listener


def _warm() -> None:
    from gaze_search_app import workspaces  # its caches need the runtime that is up by now

    workspaces.warm()


def _workspace() -> Workspace:
    from gaze_search_app import workspaces

    return workspaces.workspace()


def _engine() -> Engine:
    from gaze_search_app import workspaces

    return workspaces.engine()


async def _alive(request: Request) -> Response:
    del request
    return JSONResponse({"status": "ok"})


def main() -> None:
    """Serve, and end with the message of a GazeError."""
    try:
        serve()
    except GazeError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
