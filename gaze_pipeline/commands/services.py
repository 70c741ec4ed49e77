"""`gaze up`: everything running, one address to open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gaze_pipeline import health
from gaze_pipeline.commands.format import plain, terminal
from gaze_pipeline.commands.library import add_folder, print_added
from gaze_pipeline.commands.models import print_missing
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.services import supervisor
from gaze_pipeline.settings import load


def up(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders of videos to add first.")
    ] = None,
) -> None:
    """Start the search page, the Dagster UI and the folder watch; Ctrl-C ends all of it."""
    console = terminal()
    for folder in folders or []:
        _take(folder, console)
    print_missing(health.models(load()), console)
    run(console)


def run(console: Console) -> None:
    """Run the services until they are told to stop; where they run already, say where."""
    settings = load()
    try:
        supervisor.up(settings, lambda line: console.print(line, markup=False, soft_wrap=True))
    except GazeError as error:
        if error.code is not ErrorCode.ALREADY_RUNNING:
            raise
        console.print("Gaze is already running on this data root.")
        console.print(f"Search page: {error.subject}", markup=False, soft_wrap=True)


def _take(folder: Path, console: Console) -> None:
    """See to it that a folder is searched; one that is already is no error."""
    covering = load().covering(folder) if folder.expanduser().is_dir() else None
    if covering is not None:
        console.print(
            f"{plain(folder)} lies inside library [bold]{plain(covering.name)}[/], "
            "which searches it already.",
            soft_wrap=True,
        )
        return
    try:
        print_added(add_folder(folder), console)
    except GazeError as error:
        if error.code is not ErrorCode.LIBRARY_EXISTS:
            raise
