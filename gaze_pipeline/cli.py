"""The `gaze` command: puts the commands together and turns failures into exit codes."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer
from rich.console import Console

from gaze_pipeline.commands import demo, doctor, index, library, models, scan, services, status
from gaze_pipeline.errors import GazeError

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
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.add_typer(library.app, name="library")
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line. Failures go to stderr with their code; the exit status is then 1."""
    for plugin in entry_points(group="gaze.commands"):
        app.command(plugin.name)(plugin.load())
    try:
        app()
    except GazeError as error:
        console = Console(stderr=True, highlight=False)
        console.print(f"[bold red]{error.code.name}[/] {error.code.sentence}")
        if error.subject:
            console.print(error.subject, markup=False, style="cyan")
        if error.detail:
            console.print(error.detail, markup=False, style="dim")
        console.print(error.code.remedy, markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
