"""`gaze status`: every video, how it stands, and what to do about the ones that don't."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from gaze_pipeline.commands.format import plain, state, terminal
from gaze_pipeline.errors import explain
from gaze_pipeline.formats import count, length
from gaze_pipeline.names import valid
from gaze_pipeline.standing import standing
from gaze_pipeline.states import RUNNING_STATE, State
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.catalog.rows import FileRow, VideoRow
from gaze_pipeline.workspace import Workspace

WATCH_S = 1.0
WATCH_LINES = 6
"""Lines of the terminal that are not for videos."""


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Follow the work until Ctrl-C.")] = False,
) -> None:
    """Show every video's state, progress and error, and when what failed is tried again."""
    catalog = Workspace.open().catalog
    console = terminal()
    if as_json:
        catalog.stages.release_dead()
        print(json.dumps(_as_json(*_known(catalog)), ensure_ascii=True, indent=1))
    elif not watch:
        console.print(_report(catalog))
    else:
        fits = max(console.height - WATCH_LINES, 1)
        live = Live(_report(catalog, fits), console=console, auto_refresh=False)
        with contextlib.suppress(KeyboardInterrupt), live:
            while True:
                time.sleep(WATCH_S)
                live.update(_report(catalog, fits), refresh=True)


def _known(catalog: Catalog) -> tuple[list[VideoRow], list[FileRow]]:
    return catalog.videos.all(), catalog.refused()


def _report(catalog: Catalog, fits: int | None = None) -> Group:
    """The table of all videos, and how many are in which state.

    With `fits`, of so many that are not done, those that are worked on first.
    """
    catalog.stages.release_dead()
    videos, refused = _known(catalog)
    if not videos and not refused:
        return Group("No video yet: [bold]gaze library add FOLDER[/], then [bold]gaze index[/].")
    states = [str(video.state) for video in videos] + [str(file.state) for file in refused]
    totals = ", ".join(f"{states.count(name)} {name}" for name in dict.fromkeys(states))
    total = length(sum(video.duration_ms for video in videos))
    known = len(videos)
    gone = len(catalog.videos.fingerprints()) - len(videos)
    waiting = "\nNo file holds %s any more: forgotten after [retention] deleted_days."
    if fits is not None:
        running = set(RUNNING_STATE.values())
        open_ = [video for video in videos if video.state is not State.DONE]
        videos = sorted(open_, key=lambda video: video.state not in running)[:fits]
        refused = []
    return Group(
        _table(videos, refused),
        f"{count(known, 'video')}, {total} in all: {totals}."
        + (escape(waiting % count(gone, "video")) if gone else ""),
    )


def _table(videos: list[VideoRow], refused: list[FileRow]) -> Table:
    table = Table(box=None, header_style="dim")
    for column in ("state", "", "length", "library", "video", "what to do"):
        table.add_column(column, overflow="fold")
    for video in videos:
        stands = standing(video)
        table.add_row(
            state(stands.state) + (" [red]cancelling[/]" if stands.cancelling else ""),
            f"{stands.progress:.0%}",
            length(video.duration_ms),
            plain(", ".join(video.libraries)),
            _name(video.files[0]),
            plain(stands.sentence),
        )
    for file in refused:
        assert file.error_code is not None
        table.add_row(
            state(file.state),
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
                "problem": standing(video).sentence,
                "duration_ms": video.duration_ms,
                "libraries": video.libraries,
                "paths": [valid(file.path) for file in video.files],
                "stages": {
                    row.stage: {
                        "status": row.status,
                        "progress": round(row.progress, 3),
                        "error": row.error_code and row.error_code.name,
                        "detail": row.error_detail,
                        "retry_at": row.retry_at,
                    }
                    for row in video.wanted_rows
                },
            }
            for video in videos
        ],
        "refused": [
            {
                "path": valid(file.path),
                "library": file.library,
                "error": file.error_code and file.error_code.name,
                "detail": file.error_detail,
            }
            for file in refused
        ],
    }


def _name(file: FileRow) -> str:
    return plain(Path(file.path.name))
