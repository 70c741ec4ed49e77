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


def duration(ms: int) -> str:
    """`83_000` ms as `1:23`, with hours when there are any."""
    minutes, seconds = divmod(round(ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def size(count: int) -> str:
    """Bytes in the unit that reads best."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit in ("B", "kB") else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def state(value: State) -> str:
    """A state with its colour, as rich markup."""
    return f"[{STATE_STYLE.get(value, 'cyan')}]{value}[/]"


def plain(text: Path | str) -> str:
    """A path, name or message that stands as it is within rich markup."""
    return escape(readable(text))


def count(number: int, noun: str) -> str:
    """`1 video`, `2 videos`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
