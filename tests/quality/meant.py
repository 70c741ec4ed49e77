"""Paraphrases: queries for what a line means, in words that it does not say (`meant.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tests.quality.timeline import Event

FILE = Path(__file__).with_name("meant.toml")
FOREIGN = "in another language"


class Meant(BaseModel):
    """A line, named by a query that stands at it in `films.toml`, and other words for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str
    ask: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    lines: tuple[Meant, ...] = Field(alias="meant")


def meant() -> tuple[Meant, ...]:
    """Read `meant.toml`."""
    return _File.model_validate(tomllib.loads(FILE.read_text("utf-8"))).lines


def paraphrases(events: Sequence[Event]) -> Iterator[tuple[str, bool, Event]]:
    """Each paraphrase of a line that these events have, whether it is in another language, and the line."""
    said = {text: event for event in events if event.say for text in event.ask}
    for line in meant():
        if (event := said.get(line.of)) is not None:
            yield from ((text, False, event) for text in line.ask)
            yield from ((text, True, event) for text in line.foreign)
