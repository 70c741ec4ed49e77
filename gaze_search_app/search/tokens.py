"""A query's text as a list of tokens; nothing in it is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum

from gaze_search_app.search.syntax import CHANNELS, WORDED, Field, Term


class Operator(Enum):
    """A word in capitals that joins terms."""

    OR = "OR"
    AND = "AND"
    NOT = "NOT"
    WITH = "WITH"
    THEN = "THEN"


@dataclass(frozen=True)
class Leaf:
    """A term, and whether a minus stands before it."""

    term: Term
    negated: bool = False

    @property
    def word(self) -> str:
        """The word as typed where it is a plain one, else nothing."""
        term = self.term
        plain = not (self.negated or term.field or term.quoted or term.prefix)
        return term.text if plain else ""

    @property
    def channel(self) -> bool:
        """Whether it says by a field what to find."""
        return self.term.field in CHANNELS and not self.negated


Token = Leaf | Operator

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_HEAD = re.compile(rf"(-*)(?:({'|'.join(Field)}):)?", re.IGNORECASE)
_CLOSING = re.compile(r'"(\**)(?= |$)')
_PREFIX = re.compile(r"(.*\w)\*+")
_FIELD_LIKE = re.compile(r"([^\W\d_]{2,9}):\w", re.ASCII)

UNCLOSED = "A quotation mark was never closed: its words were searched one by one."
LONE_MINUS = "A minus with nothing right after it was left out."


def tidy(text: str) -> str:
    """A query on one line of valid Unicode, with one kind of quotation marks."""
    valid = text.encode("utf-8", "replace").decode()
    return " ".join(valid.translate(_QUOTES).split())


def tokenize(text: str) -> tuple[list[Token], list[str]]:
    """The tokens of a tidy query, and what there is to say about them."""
    tokens: list[Token] = []
    notes: list[str] = []
    while text := text.lstrip(" "):
        head = _HEAD.match(text)
        assert head is not None
        body = text[head.end() :]
        if body.startswith('"'):
            closing = _CLOSING.search(body, 1)
            if closing is None:
                notes.append(UNCLOSED)
                text = text[: head.end()] + body[1:]
                continue
            value, stars = body[1 : closing.start()].strip(), closing[1]
            text = body[closing.end() :]
            if value:
                tokens.append(_quoted(head, value, bool(stars)))
            continue
        value, _, text = body.partition(" ")
        if value:
            tokens.append(_bare(head, value, notes))
        elif head[2]:
            tokens.append(Leaf(Term(f"{head[2]}:"), bool(head[1])))
            notes.append(f"{head[2]}: needs a value right after it.")
        else:
            notes.append(LONE_MINUS)
    return _negations(tokens), notes


def _quoted(head: re.Match[str], value: str, prefix: bool) -> Leaf:
    field = Field(head[2].lower()) if head[2] else None
    if field in WORDED:
        inside = _PREFIX.fullmatch(value)
        value, prefix = (inside[1], True) if inside else (value, prefix)
        return Leaf(Term(value, field, quoted=True, prefix=prefix), bool(head[1]))
    needed = " " in value or value.startswith('"')
    return Leaf(Term(value, field, quoted=needed), bool(head[1]))


def _bare(head: re.Match[str], value: str, notes: list[str]) -> Token:
    if not head[0]:
        if value in Operator.__members__:
            return Operator[value]
        if value == "|":
            return Operator.OR
        _mistyped(value, notes)
    field = Field(head[2].lower()) if head[2] else None
    prefix = _PREFIX.fullmatch(value) if field in WORDED else None
    term = Term(prefix[1], field, prefix=True) if prefix else Term(value, field)
    return Leaf(term, bool(head[1]))


def _mistyped(value: str, notes: list[str]) -> None:
    name = _FIELD_LIKE.match(value)
    if name and (close := get_close_matches(name[1].lower(), list(Field), 1, 0.7)):
        notes.append(f"{name[1]}: was read as a word; did you mean {close[0]}: ?")


def _negations(tokens: list[Token]) -> list[Token]:
    """Without AND, which goes without saying, and with NOT as the minus that it is."""
    kept: list[Token] = []
    negate = False
    for token in tokens:
        if token is Operator.NOT:
            negate = True
        elif isinstance(token, Leaf):
            kept.append(replace(token, negated=token.negated or negate))
            negate = False
        elif token is not Operator.AND:
            kept.append(token)
            negate = False
    return kept
