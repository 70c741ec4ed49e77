"""`gaze index`: do all the work there is, with a progress bar a stage."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from gaze_pipeline import health
from gaze_pipeline.commands.format import plain, terminal
from gaze_pipeline.commands.models import print_missing
from gaze_pipeline.commands.scan import print_problem, print_report
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.formats import count
from gaze_pipeline.recovery import recover
from gaze_pipeline.stages.index import IndexReport, Watcher
from gaze_pipeline.stages.index import index as run_index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import Outcome
from gaze_pipeline.standing import next_try
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace

PATIENCE_S = 5.0
"""How much longer than its settling time a file that is being written is waited for."""

CANCELLED_EXIT = 130
"""The exit status of a command that was interrupted, as shells have it."""


def index(
    library: Annotated[str | None, typer.Option(help="Look for new files only here.")] = None,
    republish: Annotated[
        bool, typer.Option("--publish", help="Build the index again from what is there.")
    ] = False,
) -> None:
    """Scan, run every stage that is needed, and publish.

    Exits with 1 if a video failed, with 130 if work was cancelled meanwhile. What failed for good or was
    cancelled before is left to `gaze retry`.
    """
    workspace = Workspace.open()
    console = terminal()
    report = index_now(workspace, console, library)
    if republish:
        publish(workspace, anew=True)
    print_missing(health.models(workspace.settings), console)
    if not summarise(workspace, report, console):
        sys.exit(1)
    if any(outcome.status is Status.CANCELLED for outcome in report.outcomes):
        sys.exit(CANCELLED_EXIT)


def index_now(workspace: Workspace, console: Console, library: str | None = None) -> IndexReport:
    """Repair what a crash left, scan until no file is left waiting, then index with progress bars."""
    for line in recover(workspace).lines():
        console.print(f"Repaired: {line}", markup=False, soft_wrap=True)
    scanned = scan_libraries(workspace, library)
    print_report(scanned, console)
    deadline = time.monotonic() + workspace.settings.scan.settle_s + PATIENCE_S
    while scanned.unstable and time.monotonic() < deadline:
        time.sleep(1.0)
        scanned = scan_libraries(workspace, library)
    with Progress(
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[video]}"),
        console=console,
    ) as progress:
        return run_index(workspace, _bars(workspace, progress))


def summarise(workspace: Workspace, report: IndexReport, console: Console) -> bool:
    """Say what was done, what waits, what failed or was cancelled; returns whether nothing failed."""
    videos = workspace.catalog.videos.all()
    done = sum(1 for outcome in report.outcomes if outcome.status.settled and not outcome.skipped)
    console.print(f"{count(len(videos), 'video')} in the index; {count(done, 'stage')} run now.")
    failed = [
        (video, row) for video in videos for row in video.wanted_rows if row.status is Status.FAILED
    ]
    for video, row in failed:
        detail = f"{row.stage}: {row.error_detail}"
        print_problem(row.error_code or ErrorCode.INTERNAL, video.path, detail, console)
        if told := next_try(row):
            console.print(f"  {told}", style="dim")
    cancelled = sum(video.state is State.CANCELLED for video in videos)
    if cancelled:
        console.print(
            f"[yellow]CANCELLED[/] {count(cancelled, 'video')}: [bold]gaze retry[/] takes up again "
            "what you name."
        )
    refused = [file for file in workspace.catalog.files.all() if file.error_code is not None]
    for file in refused:
        if file.error_code is not None:
            print_problem(file.error_code, file.path, file.error_detail, console)
    return not failed and not refused


def _bars(workspace: Workspace, progress: Progress) -> Watcher:
    names = {
        video.fingerprint: plain(Path(video.path.name)) for video in workspace.catalog.videos.all()
    }
    tasks: dict[str, TaskID] = {}
    finished = dict.fromkeys(Stage, 0)

    def on_plan(totals: dict[Stage, int]) -> None:
        for stage, total in totals.items():
            if total:
                tasks[stage] = progress.add_task(stage.value, total=total, video="")

    def on_progress(stage: Stage, fingerprint: str, fraction: float) -> None:
        name = names.get(fingerprint, fingerprint)
        progress.update(tasks[stage], completed=finished[stage] + fraction, video=name)

    def on_outcome(outcome: Outcome) -> None:
        finished[outcome.stage] += 1
        progress.update(tasks[outcome.stage], completed=finished[outcome.stage], video="")

    def on_compared(done: int, of: int) -> None:
        if "copies" not in tasks:
            tasks["copies"] = progress.add_task("copies", total=of, video="")
        progress.update(tasks["copies"], completed=done)

    return Watcher(
        on_plan=on_plan,
        on_progress=on_progress,
        on_outcome=on_outcome,
        on_compared=on_compared,
    )
