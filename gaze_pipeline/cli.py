"""The `gaze` command: puts the commands together and turns failures into exit codes."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path

import typer
from pydantic import ValidationError
from rich.console import Console

from gaze_pipeline.commands import (
    demo,
    doctor,
    duplicates,
    forget,
    index,
    library,
    models,
    requests,
    scan,
    services,
    status,
    upkeep,
)
from gaze_pipeline.commands.format import plain, terminal
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.logs import Redaction, close, rotating_log
from gaze_pipeline.names import readable
from gaze_pipeline.settings import Settings, complaints, data_root, load

app = typer.Typer(
    name="gaze",
    help="Local-only video search: type a few words, watch the moment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(services.up)
app.command("index")(index.index)
app.command("scan")(scan.scan)
app.command("status")(status.status)
app.command("duplicates")(duplicates.duplicates)
app.command("cancel")(requests.cancel)
app.command("retry")(requests.retry)
app.command("forget")(forget.forget)
app.command("remember")(forget.remember)
app.command("upkeep")(upkeep.upkeep)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.add_typer(library.app, name="library")
app.add_typer(models.app, name="models")
_WORDS = {"library", "models"}
_WORDS |= {
    command.name or ""
    for group in (app, library.app, models.app)
    for command in group.registered_commands
}
"""What may be written down of a command line: never what was searched for, nor a file."""


def main() -> None:
    """Run the command line. Failures go to stderr with their code; the exit status is then 1."""
    try:
        for plugin in entry_points(group="gaze.commands"):
            app.command(plugin.name)(plugin.load())
            _WORDS.add(plugin.name)
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - a user gets a code and a remedy, never a traceback
        _print(_explained(error), terminal(stderr=True))
        sys.exit(1)


def _print(error: GazeError, console: Console) -> None:
    console.print(f"[bold red]{error.code.name}[/] {plain(error.code.sentence)}")
    if error.subject:
        console.print(readable(error.subject), markup=False, style="cyan")
    if error.detail:
        console.print(readable(error.detail), markup=False, style="dim")
    console.print(error.code.remedy, markup=False)


def _explained(error: Exception) -> GazeError:
    """The failure with the code under which a user knows it."""
    if isinstance(error, GazeError):
        return error
    if isinstance(error, ValidationError):
        return GazeError(ErrorCode.ARGUMENT_INVALID, complaints(error))
    if isinstance(error, ImportError):
        return GazeError(ErrorCode.PACKAGE_MISSING, error.name or "", str(error))
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return GazeError(ErrorCode.DISK_FULL, data_root(), str(error))
    if isinstance(error, sqlite3.Error) or (isinstance(error, OSError) and _of_root(error)):
        return GazeError(ErrorCode.DATA_ROOT_UNUSABLE, data_root(), str(error))
    detail = f"{type(error).__name__}: {error}"
    return GazeError(ErrorCode.INTERNAL, _logged(error) or "", detail)


def _of_root(error: OSError) -> bool:
    """Whether it happened in the data root, or on the way to it."""
    if not isinstance(error.filename, str | bytes):
        return False
    place, root = Path(os.fsdecode(error.filename)), data_root()
    return place.is_relative_to(root) or root.is_relative_to(place)


def _logged(error: Exception) -> Path | None:
    """Keep the traceback; returns the log, or None where it cannot be written."""
    log = data_root() / "logs" / "gaze-cli.log"
    try:
        writer = rotating_log(log, Redaction(_settings()))
        writer.info("%s\n%s", _command(), "".join(traceback.format_exception(error)))
        close(writer)
    except OSError:
        return None
    return log


def _command() -> str:
    """What was typed, without the words and names in it."""
    return " ".join(word if word in _WORDS or word[:2] == "--" else "…" for word in sys.argv[1:])


def _settings() -> Settings | None:
    try:
        return load()
    except GazeError:
        return None


if __name__ == "__main__":
    main()
