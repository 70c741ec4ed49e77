"""`gaze library add | list | remove`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gaze_pipeline import settings as settings_file
from gaze_pipeline.commands.format import plain, terminal
from gaze_pipeline.commands.scan import print_report
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.forgetting.forget import forget_library
from gaze_pipeline.formats import count
from gaze_pipeline.library.walk import why_offline
from gaze_pipeline.settings import Library
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.workspace import Workspace

app = typer.Typer(help="Which folders are searched.", no_args_is_help=True)


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="A folder of videos.")],
    name: Annotated[str | None, typer.Option(help="Default: the folder's name.")] = None,
    recursive: Annotated[bool, typer.Option(help="With the folders inside it.")] = True,
) -> None:
    """Add a folder and look through it."""
    console = terminal()
    library = add_folder(folder, name, recursive)
    print_added(library, console)
    print_report(scan_libraries(Workspace.open(), only=library.name), console)
    console.print("`gaze index` indexes it now; a running `gaze up` does so by itself.")


@app.command("list")
def list_() -> None:
    """List the libraries."""
    workspace = Workspace.open()
    table = Table(box=None, header_style="dim")
    for column in ("library", "folder", "files", ""):
        table.add_column(column, overflow="fold")
    for library in workspace.settings.libraries:
        files = workspace.catalog.files.count(library.name)
        reason = why_offline(library)
        online = f"[yellow]OFFLINE[/] {plain(reason)}; nothing was removed" if reason else ""
        table.add_row(plain(library.name), plain(library.path), f"{files:,}", online)
    terminal().print(table if table.row_count else "No library yet: gaze library add FOLDER")


@app.command()
def remove(name: str) -> None:
    """Remove a library with all that was indexed from it alone; its files are not touched."""
    console = terminal()
    with console.status("") as status:
        proof, videos = forget_library(
            Workspace.open(), name, lambda step: status.update(f"{step} ...")
        )
    if proof.left:
        raise GazeError(ErrorCode.FORGETTING_UNFINISHED, name, "; ".join(proof.left[:3]))
    console.print(
        f"Library [bold]{plain(name)}[/] removed with the {count(videos, 'video')} that only it held."
    )


def print_added(library: Library, console: Console) -> None:
    """One line on a library that was added."""
    console.print(
        f"Library [bold]{plain(library.name)}[/] added: {plain(library.path)}", soft_wrap=True
    )


def add_folder(folder: Path, name: str | None = None, recursive: bool = True) -> Library:
    """Write a folder's library into the settings. Raises GazeError."""
    current = settings_file.load()
    taken = [library.name for library in current.libraries]
    path = Path(folder).expanduser().resolve()
    library = Library(
        name=name or settings_file.library_name(path, taken), path=path, recursive=recursive
    )
    settings_file.add_library(current, library)
    return library
