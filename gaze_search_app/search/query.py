"""What a query asks for: its words as full-text search sees them, and the labels it names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.folding import fold
from gaze_pipeline.store.text import query_words, spans

_PLURALS = {
    "person": ("people", "persons"),
    "mouse": ("mice",),
    "knife": ("knives",),
    "skis": ("ski",),
    "scissors": ("scissor",),
    "sheep": (),
}


@dataclass(frozen=True)
class Query:
    """A normalised query: for each word to be heard, the tokens of which any will do."""

    text: str
    words: tuple[frozenset[str], ...]


def parse(text: str, languages: Iterable[str]) -> Query:
    """Read a query against segments in these languages. Raises GazeError(QUERY_EMPTY)."""
    text = " ".join(text.split())
    if not text:
        raise GazeError(ErrorCode.QUERY_EMPTY)
    return Query(text, tuple(query_words(text, languages)))


def named_labels(text: str, labels: Iterable[str]) -> frozenset[str]:
    """The labels that a query names, in singular or plural: "two dogs" names `dog`."""
    said = [fold(text[span.start : span.end]) for span in spans(text, "")]
    found = set()
    for label in labels:
        *front, last = label.casefold().split() or [""]
        for form in (last, *_plurals(last)):
            wanted = [fold(word) for word in (*front, form)]
            starts = range(len(said) - len(wanted) + 1)
            if any(said[start : start + len(wanted)] == wanted for start in starts):
                found.add(label)
    return frozenset(found)


def _plurals(noun: str) -> tuple[str, ...]:
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return (f"{noun}es",)
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return (f"{noun[:-1]}ies",)
    return (f"{noun}s",)
