"""`gaze status`: every video, how it stands, and what to do about the ones that don't."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from gaze_pipeline.commands.format import count, duration, plain, shown, state
from gaze_pipeline.errors import explain
from gaze_pipeline.store.catalog.rows import FileRow, VideoRow
from gaze_pipeline.workspace import Workspace


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show every video's state, progress and error."""
    catalog = Workspace.open().catalog
    catalog.stages.release_dead()
    videos = catalog.videos.all()
    refused = [file for file in catalog.files.all() if file.error_code is not None]
    if as_json:
        print(json.dumps(_as_json(videos, refused), ensure_ascii=True, indent=1))
        return
    console = Console(highlight=False)
    if not videos and not refused:
        console.print("No video yet: [bold]gaze library add FOLDER[/], then [bold]gaze index[/].")
        return
    console.print(_table(videos, refused))
    states = [str(video.state) for video in videos] + ["FAILED"] * len(refused)
    totals = ", ".join(f"{states.count(name)} {name}" for name in dict.fromkeys(states))
    length = duration(sum(video.duration_ms for video in videos))
    console.print(f"{count(len(videos), 'video')}, {length} in all: {totals}.")


def _table(videos: list[VideoRow], refused: list[FileRow]) -> Table:
    table = Table(box=None, header_style="dim")
    for column in ("state", "", "length", "library", "video", "what to do"):
        table.add_column(column, overflow="fold")
    for video in videos:
        problem = video.problem
        table.add_row(
            state(video.state),
            f"{video.progress:.0%}",
            duration(video.duration_ms),
            plain(", ".join(video.libraries)),
            _name(video.files[0]),
            plain(f"{problem.stage}: {explain(problem.error_code, '', problem.error_detail)}")
            if problem and problem.error_code
            else "",
        )
    for file in refused:
        assert file.error_code is not None
        table.add_row(
            "[bold red]FAILED[/]",
            "",
            "",
            plain(file.library),
            _name(file),
            plain(explain(file.error_code, "", file.error_detail)),
        )
    return table


def _as_json(videos: list[VideoRow], refused: list[FileRow]) -> dict[str, Any]:
    return {
        "videos": [
            {
                "fingerprint": video.fingerprint,
                "state": video.state,
                "progress": round(video.progress, 3),
                "duration_ms": video.duration_ms,
                "libraries": video.libraries,
                "paths": [shown(file.path) for file in video.files],
                "stages": {
                    stage: {
                        "status": row.status,
                        "progress": round(row.progress, 3),
                        "error": row.error_code and row.error_code.name,
                        "detail": row.error_detail,
                    }
                    for stage, row in video.stages.items()
                },
            }
            for video in videos
        ],
        "refused": [
            {
                "path": shown(file.path),
                "library": file.library,
                "error": file.error_code and file.error_code.name,
                "detail": file.error_detail,
            }
            for file in refused
        ],
    }


def _name(file: FileRow) -> str:
    return plain(file.path.name)
