"""`gaze cancel` and `gaze retry`: leave work undone, and take it up again."""

from __future__ import annotations

from typing import Annotated

import typer

from gaze_pipeline.commands.format import terminal
from gaze_pipeline.commands.videos import named
from gaze_pipeline.formats import count
from gaze_pipeline.stages import requests
from gaze_pipeline.workspace import Workspace

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[VIDEO|LIBRARY]...", help="Paths, folders, fingerprints or libraries."),
]
Every = Annotated[bool, typer.Option("--all", help="Every video.")]


def cancel(names: Names = None, every: Every = False) -> None:
    """Stop work on videos, wherever it runs; what is finished stays."""
    workspace = Workspace.open()
    cancelled = requests.cancel(workspace, named(workspace, names or [], every).videos)
    terminal().print(
        f"{count(cancelled, 'video')} cancelled. What runs stops within seconds; "
        "`gaze retry` takes it up again."
        if cancelled
        else "There was nothing to cancel."
    )


def retry(names: Names = None, every: Every = False) -> None:
    """Have done again what failed or was cancelled."""
    workspace = Workspace.open()
    found = named(workspace, names or [], every)
    taken_up = requests.retry(workspace, found.videos)
    taken_up += requests.retry_files(workspace, found.refused)
    terminal().print(
        f"{count(taken_up, 'video')} taken up again: a running `gaze up` does the work by itself, "
        "`gaze index` does it now."
        if taken_up
        else "Nothing failed or was cancelled."
    )
