"""How numbers and states read on a terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from gaze_pipeline.names import readable
from gaze_pipeline.states import State

STATE_STYLE = {
    State.DONE: "green",
    State.PARTIAL: "yellow",
    State.WAITING: "yellow",
    State.FAILED: "bold red",
    State.CANCELLED: "red",
    State.QUEUED: "dim",
}
"""Running states are shown in cyan."""


def terminal(stderr: bool = False) -> Console:
    """The terminal, on which text reads as it is: `:name:` in a file name is no picture."""
    return Console(stderr=stderr, highlight=False, emoji=False)


def state(value: State) -> str:
    """A state with its colour, as rich markup."""
    return f"[{STATE_STYLE.get(value, 'cyan')}]{value}[/]"


def plain(text: Path | str) -> str:
    """A path, name or message that stands as it is within rich markup."""
    return escape(readable(text))
