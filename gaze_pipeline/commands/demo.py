"""`gaze demo`: models, a sample library, an index, and everything running."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer

from gaze_pipeline import health
from gaze_pipeline.commands import services
from gaze_pipeline.commands.format import plain, terminal
from gaze_pipeline.commands.index import index_now, summarise
from gaze_pipeline.commands.library import add_folder
from gaze_pipeline.commands.models import print_missing, pull_all
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.settings import Settings, load
from gaze_pipeline.workspace import Workspace

FOLDER = "demo-videos"


def demo(
    serve: Annotated[bool, typer.Option(help="Start the services at the end.")] = True,
) -> None:
    """Try Gaze: fetch the models, make sample videos, index them, and open the search page.

    The films are made on the spot from photographs and a speech synthesiser that installed packages
    carry; only the models are downloaded.
    """
    from gaze_pipeline.demo.studio import make_library

    console = terminal()
    settings = load()
    console.rule("1/4  Models", align="left")
    for error in pull_all(settings, [], console):
        console.print(str(error), markup=False, style="yellow", soft_wrap=True)
    print_missing(health.models(settings), console)
    console.rule("2/4  Sample videos", align="left")
    folder = settings.root / FOLDER
    for path in make_library(folder):
        console.print(f"  {path}", markup=False, soft_wrap=True)
    try:
        add_folder(folder, "Demo")
    except GazeError as error:
        if error.code is not ErrorCode.LIBRARY_EXISTS:
            raise
    console.rule("3/4  Index", align="left")
    workspace = _at_once(load())
    summarise(workspace, index_now(workspace, console), console)
    console.rule("4/4  Ready", align="left")
    command = plain(sys.argv[0]) if shutil.which("gaze") is None else "gaze"
    console.print(
        f'Try: [bold]{command} search "the first woman to command a space shuttle"[/]',
        soft_wrap=True,
    )
    if serve:
        services.run(console)


def _at_once(settings: Settings) -> Workspace:
    """A workspace in which no file must stand still first: the films were made here, and are whole."""
    scan = settings.scan.model_copy(update={"settle_s": 0.0})
    return Workspace.open(settings.model_copy(update={"scan": scan}))
