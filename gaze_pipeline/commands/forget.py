"""`gaze forget`, `gaze remember`: taking a video out of every store for good, and letting it in again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gaze_pipeline.commands.format import plain, terminal
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.forgetting.forget import forget as forget_videos
from gaze_pipeline.forgetting.forget import forget_library
from gaze_pipeline.forgetting.verify import Proof
from gaze_pipeline.formats import count, size
from gaze_pipeline.library.fingerprint import fingerprint as fingerprint_of
from gaze_pipeline.store.forgotten import Forgotten
from gaze_pipeline.workspace import Workspace


def forget(
    what: Annotated[str, typer.Argument(help="A video's path or fingerprint, or a library.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a video or a library from every store, and prove it. Your own files are never touched.

    A forgotten video is left out of later scans until `gaze remember`. Exits with 1 if anything is left.
    """
    workspace = Workspace.open()
    console = terminal()
    known = [library.name for library in workspace.settings.libraries]
    videos = _fingerprints(workspace, what)
    if not videos and what not in known:
        raise GazeError(ErrorCode.VIDEO_UNKNOWN, what)
    if not yes:
        typer.confirm(_question(workspace, what, videos), abort=True)
    if videos:
        with console.status("") as status:
            proof = forget_videos(workspace, videos, lambda step: status.update(f"{step} ..."))
        outcome = (
            f"{plain(what)} is forgotten. A file of it that still lies in a library is left out "
            "from now on; [bold]gaze remember FILE[/] takes it up again."
        )
    else:
        with console.status("") as status:
            proof, number = forget_library(
                workspace, what, lambda step: status.update(f"{step} ...")
            )
        outcome = (
            f"Library [bold]{plain(what)}[/] is forgotten with the {count(number, 'video')} that "
            "only it held. Adding its folder again indexes it anew."
        )
    print_proof(proof, console)
    if proof.left:
        raise GazeError(ErrorCode.FORGETTING_UNFINISHED, what, "; ".join(proof.left[:3]))
    console.print(outcome, soft_wrap=True)
    console.print(
        "What your browser and your backups keep is theirs: clear its cache, and mind the backups.",
        style="dim",
        soft_wrap=True,
    )


def remember(
    place: Annotated[Path, typer.Argument(help="A video file, or a folder of them.")],
) -> None:
    """Let forgotten videos be indexed again."""
    workspace = Workspace.open()
    marks = Forgotten(workspace.paths)
    if not place.exists():
        raise GazeError(ErrorCode.FILE_NOT_FOUND, place)
    suffixes = {suffix.lower() for suffix in workspace.settings.scan.suffixes}
    videos = _videos(Path(os.path.abspath(place)), suffixes)
    taken = [path for path in videos if marks.take_up(fingerprint_of(path))]
    workspace.catalog.touched.add(taken, time.time())
    if not taken:
        terminal().print("No forgotten video is there: nothing changes.")
        return
    them = "it" if len(taken) == 1 else "them"
    terminal().print(
        f"{count(len(taken), 'video')} will be indexed again: `gaze scan` finds {them}, "
        "a running `gaze up` does so by itself."
    )


def print_proof(proof: Proof, console: Console) -> None:
    """What was searched for, where, and what was found."""
    table = Table(box=None, header_style="dim")
    for column, right in (("searched", False), ("files", True), ("bytes", True), ("left", True)):
        table.add_column(column, justify="right" if right else "left")
    for store in proof.stores:
        left = f"[bold red]{len(store.left)}[/]" if store.left else "[green]0[/]"
        table.add_row(store.store, f"{store.files:,}", size(store.bytes), left)
    console.print(table)
    console.print(
        f"Searched for {count(proof.names, 'form')} of its fingerprint and paths, and for "
        f"{count(proof.phrases, 'phrase')} and {count(proof.words, 'word')} that only it said."
    )
    for place in proof.left:
        console.print(f"  {place}", markup=False, style="red", soft_wrap=True)


def _fingerprints(workspace: Workspace, what: str) -> list[str]:
    """The video of that path or fingerprint, in a list; empty when there is none."""
    paths = {Path(os.path.abspath(what)), Path(what).resolve()}
    files = workspace.catalog.files.all()
    found = {file.fingerprint for file in files if file.fingerprint and file.path in paths}
    if found:
        return sorted(found)
    kept = what in workspace.catalog.videos.fingerprints()
    return [what] if kept or Forgotten(workspace.paths).holds(what) else []


def _question(workspace: Workspace, what: str, videos: list[str]) -> str:
    if not videos:
        return f"Forget the library {what!r} and all that was indexed from it?"
    row = workspace.catalog.videos.get(videos[0])
    held = count(len(row.files), "file") if row else "no file"
    return f"Forget {what} (held by {held}), everywhere and for good?"


def _videos(place: Path, suffixes: set[str]) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    for folder, _, names in os.walk(place):
        for name in names:
            path = Path(folder) / name
            if path.suffix.lower() in suffixes and path.is_file() and path.stat().st_size:
                yield path
