"""`gaze duplicates`: which videos hold the same content, and which of them is the best."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from gaze_pipeline.commands.format import plain, terminal
from gaze_pipeline.duplicates.report import Group, Held, groups
from gaze_pipeline.formats import clock, count, length, size
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace


def duplicates(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List copies and extracts beside their best original. Nothing is ever deleted."""
    found = groups(Snapshot.open(Workspace.open().paths))
    if as_json:
        print(json.dumps([asdict(group) for group in found], indent=1))
        return
    console = terminal()
    for group in found:
        console.print(_table(group))
    copies = [copy for group in found for copy in group.copies]
    spare = size(sum(group.spare_bytes for group in found))
    console.print(
        f"{count(len(copies), 'copy', 'copies')} of {count(len(found), 'video')}, {spare}."
        if found
        else "No video holds the content of another.",
        style="bold",
    )


def _table(group: Group) -> Table:
    table = Table("", "length", "picture", "size", "shared", "begins at", "video", box=None)
    table.add_row("[green]best[/]", *_facts(group.original), "", "", _where(group.original))
    for copy in group.copies:
        shared = f"{length(copy.shared_ms)}: {copy.of_copy:.0%} of it"
        shared += f", {copy.of_original:.0%} of the best"
        start = max(copy.offset_ms + copy.start_ms, 0)
        table.add_row("copy", *_facts(copy.video), shared, clock(start), _where(copy.video))
    return table


def _facts(video: Held) -> tuple[str, str, str]:
    return length(video.duration_ms), f"{video.width} x {video.height}", size(video.bytes)


def _where(video: Held) -> str:
    return "\n".join(map(plain, video.paths))
