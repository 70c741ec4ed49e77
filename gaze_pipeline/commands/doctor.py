"""`gaze doctor`: check the installation and say what to do about what is wrong."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gaze_pipeline.bundle import Bundle, collect
from gaze_pipeline.commands.format import plain, terminal
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.findings import findings
from gaze_pipeline.formats import count, size
from gaze_pipeline.settings import load

PREVIEW_LINES = 4


def doctor(
    file: Annotated[
        Path | None, typer.Argument(help="With --bundle: where to write. Default: here.")
    ] = None,
    bundle: Annotated[
        bool, typer.Option("--bundle", help="Collect what a bug report needs in a zip file.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write the bundle without asking.")] = False,
) -> None:
    """Check settings, disk, models, libraries and index. Exits with 1 if something is wrong.

    A bundle holds no tokens, nothing that was said in a video, and no paths unless the settings have
    them in logs; it is shown before it is written.
    """
    console = terminal()
    if bundle:
        _write_bundle(file or Path(time.strftime("gaze-bundle-%Y%m%d-%H%M%S.zip")), yes, console)
        return
    if file is not None:
        raise GazeError(ErrorCode.ARGUMENT_INVALID, file, "a file is only written with --bundle")
    wrong = 0
    for finding in findings():
        mark = "[green]ok  [/]" if finding.problem is None else "[bold red]!!  [/]"
        console.print(f"{mark}[bold]{plain(finding.what)}[/] {plain(finding.seen)}", soft_wrap=True)
        if finding.problem is not None:
            wrong += 1
            console.print(
                f"    {finding.problem.name}: {finding.problem.sentence} {finding.problem.remedy}",
                markup=False,
                soft_wrap=True,
            )
    sys.exit(1 if wrong else 0)


def _write_bundle(target: Path, yes: bool, console: Console) -> None:
    collected = collect(load())
    _show(collected, console)
    if not yes:
        typer.confirm(f"Write {target}?", abort=True)
    collected.write(target)
    console.print(f"Written: {plain(target)}. Look into it before you send it.", soft_wrap=True)


def _show(bundle: Bundle, console: Console) -> None:
    """What would be written, and the beginning of each file."""
    table = Table(box=None, header_style="dim")
    for column in ("file", "size", "begins with"):
        table.add_column(column, overflow="fold")
    for name, text in bundle.files.items():
        lines = [line for line in text.splitlines() if line.strip()][:PREVIEW_LINES]
        table.add_row(name, size(len(text.encode())), plain("\n".join(lines)))
    console.print(table)
    if bundle.shows_paths:
        console.print("[yellow]Paths are in it: the settings have log_paths on.[/]")
    left_out = f"; {count(bundle.left_out, 'line')} left out for that" if bundle.left_out else ""
    console.print(
        f"Searched for the access token, for {count(bundle.names, 'name')} of your files and for "
        f"{count(bundle.phrases, 'phrase')} of what is said in them{left_out}.",
        soft_wrap=True,
    )
