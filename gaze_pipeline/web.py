"""The Dagster UI behind the token gate. Started by `python -m gaze_pipeline.web WORKSPACE_YAML`."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from dagster import DagsterInstance
from dagster import __version__ as dagster_version
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget, WorkspaceLoadTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gaze_pipeline.errors import GazeError
from gaze_pipeline.gate import Access, TokenGate
from gaze_pipeline.instance import open_instance
from gaze_pipeline.services.ports import HOST, require_free
from gaze_pipeline.settings import load

STOP_S = 2


class PostOnly:
    """ASGI middleware: GraphQL answers no plain GET, since a mutation in a link would be obeyed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one connection."""
        app = self.app
        if scope["type"] == "http" and scope["path"] == "/graphql" and scope["method"] != "POST":
            app = PlainTextResponse("POST only", 405)
        await app(scope, receive, send)


def open_workspace(
    instance: DagsterInstance, target: WorkspaceLoadTarget
) -> WorkspaceProcessContext:
    """What the UI shows: an instance and the code locations of a target."""
    return WorkspaceProcessContext(instance, target, version=dagster_version)


def create_app(context: WorkspaceProcessContext, access: Access) -> ASGIApp:
    """The Dagster UI as an ASGI application that only opens to the token."""
    ui = create_app_from_workspace_process_context(context)
    return TokenGate(PostOnly(ui), access)


def serve(workspace: Path) -> None:
    """Serve until stopped. Raises GazeError(PORT_IN_USE | SETTINGS_INVALID)."""
    settings = load()
    port = settings.services.dagster_port
    require_free(port)
    with (
        open_instance(settings.paths) as instance,
        open_workspace(instance, WorkspaceFileTarget([str(workspace)])) as context,
    ):
        app = create_app(context, Access.open(settings.paths))
        uvicorn.run(
            app,
            host=HOST,
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=STOP_S,
        )


def main() -> None:
    """Serve, and end with the message of a GazeError."""
    try:
        serve(Path(sys.argv[1]))
    except GazeError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
