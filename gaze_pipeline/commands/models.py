"""`gaze models status | pull | import`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from gaze_pipeline.commands.format import plain, terminal
from gaze_pipeline.errors import GazeError
from gaze_pipeline.formats import size
from gaze_pipeline.health import ENABLES
from gaze_pipeline.models.fetch import pull as pull_model
from gaze_pipeline.models.importing import import_from
from gaze_pipeline.models.installed import ModelState, ModelStatus
from gaze_pipeline.models.installed import status as model_status
from gaze_pipeline.models.manifest import ModelSpec, load_manifest
from gaze_pipeline.settings import Settings, load
from gaze_pipeline.workspace import Workspace

app = typer.Typer(
    help="Which models are here; fetching them is the only thing that uses the network.",
    no_args_is_help=True,
)


@app.command()
def status() -> None:
    """Show which models are installed and verified."""
    settings = load()
    found = [model_status(spec, settings.models_dir) for spec in manifest(settings)]
    console = terminal()
    console.print(_table(found))
    print_missing(found, console)


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Default: all of them.")] = None,
) -> None:
    """Download the models that are not here yet, with resume and verification."""
    settings = load()
    console = terminal()
    if failed := pull_all(settings, names or [], console):
        for failure in failed[:-1]:
            console.print(str(failure), markup=False, soft_wrap=True)
        raise failed[-1]


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="A folder with the models' files.")],
) -> None:
    """Take models from a folder, for machines without a network."""
    settings = load()
    found = import_from(folder, load_manifest(settings.models.manifest), settings.models_dir)
    _prepare(settings)
    terminal().print(_table(found))
    if not any(item.state is ModelState.READY for item in found):
        sys.exit(1)


def manifest(settings: Settings) -> tuple[ModelSpec, ...]:
    """The models of the manifest in force."""
    return load_manifest(settings.models.manifest).models


def pull_all(settings: Settings, names: list[str], console: Console) -> list[GazeError]:
    """Pull models with a progress bar each; one that fails does not stop the next."""
    every = load_manifest(settings.models.manifest)
    specs = [every.get(name) for name in names] or list(every.models)
    failed: list[GazeError] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        for spec in specs:
            task = progress.add_task(plain(spec.id), total=None)

            def on_progress(file: str, done: int, total: int, task: TaskID = task) -> None:
                progress.update(task, completed=done, total=total or None)

            try:
                pull_model(spec, settings.models_dir, settings.models.mirror, on_progress)
                size_now = model_status(spec, settings.models_dir).bytes
                progress.update(task, completed=size_now, total=size_now)
            except GazeError as error:
                failed.append(error)
                failure_shown = f"{plain(spec.id)} [red]{error.code.name}[/]"
                progress.update(task, description=failure_shown, total=1)
    _prepare(settings)
    return failed


def _prepare(settings: Settings) -> None:
    """Convert what its first use would otherwise: so that no search waits for it."""
    models = Workspace(settings).models
    for loaded in (models.clip_text, models.clip, models.detector, models.sentence_encoder):
        with suppress(GazeError):
            loaded()


def print_missing(found: list[ModelStatus], console: Console) -> None:
    """One line on each model that is not ready, and the command that gets it."""
    for item in found:
        if item.state is not ModelState.READY:
            console.print(
                f"[yellow]MODEL_MISSING[/] {plain(item.id)}: no {ENABLES[item.kind]} yet. "
                f"Get it with [bold]gaze models pull {plain(item.id)}[/], "
                "or [bold]gaze models import DIR[/] without a network.",
                soft_wrap=True,
            )


def _table(found: list[ModelStatus]) -> Table:
    table = Table(box=None, header_style="dim")
    for column in ("model", "for", "state", "size", "from"):
        table.add_column(column)
    for item in found:
        style = "green" if item.state is ModelState.READY else "yellow"
        table.add_row(
            plain(item.id),
            ENABLES[item.kind],
            f"[{style}]{item.state}[/]",
            size(item.bytes) if item.bytes else "",
            item.variant or "",
        )
    return table
