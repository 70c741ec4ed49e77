"""Reads a query, whatever is typed.

Hand-written, since a grammar-based parser reports broken input where this one must read on.
`parse(str(query)) == query` holds for every query that it returns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gaze_search_app.search.syntax import Clause, Part, Query, Step, Term
from gaze_search_app.search.tokens import Leaf, Operator, Token, tidy, tokenize

WITHIN_MS = 30_000
"""How long after one step the next may begin, unless the query says so."""
_LENGTH = re.compile(r"(\d{1,5})(s|secs?|seconds?|m|mins?|minutes?|h|hours?)?", re.IGNORECASE)
_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000}
_UNIT = re.compile(r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hours?)", re.IGNORECASE)
_CHAINING = {"with": Operator.WITH, "then": Operator.THEN}


@dataclass(frozen=True)
class Read:
    """A query as read, and what a person should know about the reading."""

    query: Query
    notes: tuple[str, ...] = ()


def parse(text: str) -> Read:
    """Read any text; the query is empty only where the text holds no word at all."""
    text = tidy(text)
    tokens, notes = tokenize(text)
    inside, scope = _scope(tokens)
    query = Query(_steps(_chained(inside), notes), scope)
    if not query.steps and not scope:
        query = _words(re.findall(r"[^\W_]+", text.lower()))  # "OR" alone, say
    return Read(query, tuple(dict.fromkeys(notes)))


def _words(words: Iterable[str]) -> Query:
    clauses = tuple(Clause((Term(word),)) for word in words)
    return Query((Step((Part(clauses),)),)) if clauses else Query()


def _scope(tokens: Sequence[Token]) -> tuple[list[Token], tuple[Clause, ...]]:
    """The tokens that say what to find, and the clauses that say where; an OR beside these falls away."""
    inside: list[Token] = []
    scope: list[Clause] = []
    beside = False
    for token in tokens:
        if isinstance(token, Leaf) and token.term.field and not _finds(token):
            scope.append(Clause((token.term,), token.negated))
            if inside and inside[-1] is Operator.OR:
                inside.pop()
            beside = True
        elif not (beside and token is Operator.OR):
            inside.append(token)
            beside = False
    return inside, tuple(dict.fromkeys(scope))


def _finds(leaf: Leaf) -> bool:
    return replace(leaf, negated=False).channel


def _chained(tokens: list[Token]) -> list[Token]:
    """With "with" and "then" as operators where one of them stands beside say:, see: or label:."""
    chained = any(
        token in _CHAINING.values()
        or (isinstance(token, Leaf) and token.word.lower() in _CHAINING and _beside(tokens, index))
        for index, token in enumerate(tokens)
    )
    if not chained:
        return tokens
    return [
        _CHAINING.get(token.word.lower(), token) if isinstance(token, Leaf) else token
        for token in tokens
    ]


def _beside(tokens: list[Token], index: int) -> bool:
    neighbours = tokens[max(index - 1, 0) : index] + tokens[index + 1 : index + 2]
    return any(isinstance(token, Leaf) and token.channel for token in neighbours)


def _steps(tokens: Sequence[Token], notes: list[str]) -> tuple[Step, ...]:
    steps: list[Step] = []
    stray: tuple[Clause, ...] = ()
    for index, group in enumerate(_split(tokens, Operator.THEN)):
        within = WITHIN_MS
        if index:
            group, within = _within(group)
        parts: list[Part] = []
        for piece in _split(group, Operator.WITH):
            part = Part(_clauses(piece, notes))
            if part.positive:
                parts.append(Part(stray + part.clauses))
                stray = ()
            elif not part.clauses:
                notes.append("WITH and THEN need something on either side.")
            elif parts:
                parts[-1] = Part(parts[-1].clauses + part.clauses)
            else:
                stray += part.clauses
        if parts:
            steps.append(Step(tuple(parts), within if steps else None))
    return _excluding(steps, stray) if stray else tuple(steps)


def _excluding(steps: list[Step], stray: tuple[Clause, ...]) -> tuple[Step, ...]:
    """With what is left of exclusions in the last part."""
    if not steps:
        return (Step((Part(stray),)),)
    *others, last = steps
    *parts, part = last.parts
    return (*others, replace(last, parts=(*parts, Part(part.clauses + stray))))


def _split(tokens: Sequence[Token], at: Operator) -> list[list[Token]]:
    groups: list[list[Token]] = [[]]
    for token in tokens:
        if token is at:
            groups.append([])
        else:
            groups[-1].append(token)
    return groups


def _within(tokens: list[Token]) -> tuple[list[Token], int]:
    """The tokens of a step without "within 30s", and the ms of that."""
    within_ms = WITHIN_MS
    index = 0
    while index + 1 < len(tokens):
        length = _LENGTH.fullmatch(_word(tokens, index + 1))
        if _word(tokens, index).lower() != "within" or length is None:
            index += 1
            continue
        end, unit = index + 2, length[2] or "s"
        if not length[2] and (apart := _UNIT.fullmatch(_word(tokens, end))):
            end, unit = end + 1, apart[0]
        within_ms = int(length[1]) * _UNITS[unit[0].lower()]
        tokens = tokens[:index] + tokens[end:]
        index = 0
    return tokens, within_ms


def _word(tokens: list[Token], index: int) -> str:
    token = tokens[index] if index < len(tokens) else None
    return token.word if isinstance(token, Leaf) else ""


def _clauses(tokens: Sequence[Token], notes: list[str]) -> tuple[Clause, ...]:
    """The clauses of a part; an OR without a term on either side falls away."""
    clauses: list[Clause] = []
    joining = dangling = False
    for token in tokens:
        if not isinstance(token, Leaf):
            dangling |= joining or not clauses
            joining = bool(clauses)
        elif joining and not token.negated and not clauses[-1].negated:
            clauses[-1] = Clause((*clauses[-1].terms, token.term))
            joining = False
        else:
            dangling |= joining
            clauses.append(Clause((token.term,), token.negated))
            joining = False
    if dangling or joining:
        notes.append("OR needs a term on either side, and none of them excluded.")
    return tuple(clauses)
