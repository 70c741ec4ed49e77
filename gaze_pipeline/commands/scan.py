"""`gaze scan`: look through the libraries now."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gaze_pipeline.commands.format import terminal
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.formats import count
from gaze_pipeline.library.report import ScanReport
from gaze_pipeline.names import readable
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.workspace import Workspace


def scan(
    library: Annotated[str | None, typer.Option(help="Only this library.")] = None,
) -> None:
    """Look through the libraries for new, changed, moved and deleted videos."""
    print_report(scan_libraries(Workspace.open(), only=library), terminal())


def print_report(report: ScanReport, console: Console) -> None:
    """One line a kind of change, with the paths where there is something to do."""
    kinds: dict[str, Sized] = {
        "new": report.new,
        "changed": report.changed,
        "moved": report.moved,
        "duplicate": report.duplicate,
        "returned": report.returned,
        "deleted": report.deleted,
    }
    found = [f"{len(paths)} {kind}" for kind, paths in kinds.items() if paths]
    console.print(
        f"{', '.join(found) or 'nothing changed'}; {count(report.unchanged, 'file')} as before."
    )
    for offline in report.offline:
        console.print("[yellow]OFFLINE[/] ", end="")
        console.print(
            f"library {offline.library}, {readable(offline.folder)}: {offline.reason}. "
            "Nothing of it was removed; its videos stay searchable.",
            markup=False,
            soft_wrap=True,
        )
    if report.forgotten:
        console.print(
            f"{count(len(report.forgotten), 'file')} of forgotten videos left out; "
            "[bold]gaze remember FILE[/] takes one up again."
        )
    for path in report.unstable:
        console.print("[yellow]UNSTABLE[/] ", end="")
        console.print(f"{readable(path)} is still being copied.", markup=False, soft_wrap=True)
    for path, error in report.unreadable:
        print_problem(error.code, path, error.detail, console)


def print_problem(code: ErrorCode, path: Path, detail: str, console: Console) -> None:
    """One failure: its code, the file, what happened and what to do."""
    reason = f" ({detail})" if detail else ""
    console.print(f"[bold red]{code.name}[/] ", end="")
    console.print(
        f"{readable(path)}: {code.sentence}{reason} {code.remedy}", markup=False, soft_wrap=True
    )
