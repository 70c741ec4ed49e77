"""A query as it was read: an immutable tree, and the text that stands for it.

`say:"happy birthday" WITH see:cake THEN label:car within 30s library:films` is two steps, the first of two
parts, within one library. A part is a list of clauses; a clause is one term, several of which any will
do, or what must not be there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """What may stand before a colon."""

    SAY = "say"
    SEE = "see"
    LABEL = "label"
    TEXT = "text"
    LIBRARY = "library"
    IN = "in"
    BEFORE = "before"
    AFTER = "after"
    LANG = "lang"


CHANNELS = frozenset({Field.SAY, Field.SEE, Field.LABEL, Field.TEXT})
"""Fields that say what to find; the others say where."""
WORDED = frozenset({None, Field.SAY, Field.TEXT})
"""Fields, and none, whose values are words: quoted they are a phrase, and may be a prefix."""


@dataclass(frozen=True)
class Term:
    """A word, a quoted text, or a value of a field. With `prefix` any ending will do."""

    text: str
    field: Field | None = None
    quoted: bool = False
    prefix: bool = False

    def __str__(self) -> str:
        value = f'"{self.text}"' if self.quoted else self.text
        return (f"{self.field}:" if self.field else "") + value + ("*" if self.prefix else "")


@dataclass(frozen=True)
class Clause:
    """Any of the terms; or, negated, not this one."""

    terms: tuple[Term, ...]
    negated: bool = False

    def __str__(self) -> str:
        return ("-" if self.negated else "") + " OR ".join(map(str, self.terms))


@dataclass(frozen=True)
class Part:
    """What one place of a video must show or say."""

    clauses: tuple[Clause, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.clauses))

    @property
    def positive(self) -> bool:
        """Whether it asks for anything."""
        return any(not clause.negated for clause in self.clauses)


@dataclass(frozen=True)
class Step:
    """Parts that happen at the same time; at most `within_ms` after the step before, if there is one."""

    parts: tuple[Part, ...]
    within_ms: int | None = None

    def __str__(self) -> str:
        text = " WITH ".join(map(str, self.parts))
        return text if self.within_ms is None else f"{text} within {_span(self.within_ms)}"


@dataclass(frozen=True)
class Query:
    """Steps that happen one after the other, and where to look: clauses of one scope term each."""

    steps: tuple[Step, ...] = ()
    scope: tuple[Clause, ...] = ()

    def __str__(self) -> str:
        steps = " THEN ".join(map(str, self.steps))
        return " ".join([steps, *map(str, self.scope)]).strip()

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of all steps, in order."""
        return tuple(part for step in self.steps for part in step.parts)


def _span(ms: int) -> str:
    for unit, length in (("h", 3_600_000), ("m", 60_000)):
        if ms and ms % length == 0:
            return f"{ms // length}{unit}"
    return f"{ms // 1000}s"
