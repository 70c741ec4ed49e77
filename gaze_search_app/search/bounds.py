"""The part of a query that says where to look, as bounds that the snapshot understands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.languages import NAMES, code
from gaze_search_app.search.model import SearchRequest
from gaze_search_app.search.scope import Bounds, slashed
from gaze_search_app.search.syntax import Clause, Field

_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?")


def bounds(
    clauses: Iterable[Clause], request: SearchRequest, snapshot: Snapshot, notes: list[str]
) -> Bounds:
    """The bounds of a query's scope terms and a request's filters.

    What the library does not know is noted with what comes close, and leaves nothing; a date that is
    none is left out.
    """
    given: dict[tuple[Field, bool], list[str]] = {}
    for clause in clauses:
        (term,) = clause.terms
        if term.field is not None:
            given.setdefault((term.field, clause.negated), []).append(term.text)

    def values(field: Field, negated: bool, known: Callable[[str], str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(known(text) for text in given.get((field, negated), ())))

    def library(text: str) -> str:
        return _library(snapshot, text, notes)

    def language(text: str) -> str:
        return _language(snapshot, text, notes)

    def folder(text: str) -> str:
        return _folder(snapshot, text, notes)

    before, after = _dates(given, Field.BEFORE, notes), _dates(given, Field.AFTER, notes)
    named = values(Field.LIBRARY, False, library)
    chosen = tuple(request.libraries)
    both = tuple(name for name in named if name in chosen) or ("",)
    return Bounds(
        fingerprints=tuple(request.fingerprints),
        libraries=both if named and chosen else named or chosen,
        not_libraries=values(Field.LIBRARY, True, library),
        folders=values(Field.IN, False, folder),
        not_folders=values(Field.IN, True, folder),
        languages=values(Field.LANG, False, language),
        not_languages=values(Field.LANG, True, language),
        after_s=max(after, default=None),
        before_s=min(before, default=None),
    )


def close_to(wanted: str, names: Iterable[str]) -> str:
    """What to try in place of an unknown name: the closest ones, else all of a few."""
    by_case = {name.casefold(): name for name in names}
    if close := get_close_matches(wanted.casefold(), by_case):
        return f"close to it: {', '.join(by_case[name] for name in close)}"
    few = sorted(by_case.values())
    return f"there are: {', '.join(few[:20])}{', …' if len(few) > 20 else ''}"


def _library(snapshot: Snapshot, text: str, notes: list[str]) -> str:
    names = [name for (name,) in snapshot.rows("SELECT DISTINCT library FROM files")]
    for name in names:
        if name.casefold() == text.casefold():
            return str(name)
    notes.append(f"No library is called {text}; {close_to(text, names)}.")
    return text


def _language(snapshot: Snapshot, text: str, notes: list[str]) -> str:
    wanted = code(text)
    if wanted not in snapshot.languages:
        spoken = ", ".join(map(_called, sorted(snapshot.languages)))
        told = f"spoken: {spoken}" if spoken else "no speech is indexed yet"
        name = _called(wanted) if wanted in NAMES else text
        notes.append(f"Nothing is said in {name}; {told}.")
    return wanted


def _called(language: str) -> str:
    return f"{NAMES[language].capitalize()} ({language})" if language in NAMES else language


def _folder(snapshot: Snapshot, text: str, notes: list[str]) -> str:
    paths = [slashed(path) for (path,) in snapshot.rows("SELECT path FROM files")]
    if not any(f"/{slashed(text).strip('/')}/".lower() in f"/{path}".lower() for path in paths):
        folders = {part for path in paths for part in path.split("/")[:-1] if part}
        notes.append(f"No video lies in a folder {text}; {close_to(text, folders)}.")
    return text


def _dates(
    given: dict[tuple[Field, bool], list[str]], field: Field, notes: list[str]
) -> Sequence[float]:
    """When the named years, months and days begin here; "not after" is "before"."""
    other = Field.AFTER if field is Field.BEFORE else Field.BEFORE
    found = []
    for text in (*given.get((field, False), ()), *given.get((other, True), ())):
        moment = _begin(text)
        if moment is None:
            notes.append(
                f"{text} is no date, so it was left out; write 2024, 2024-05 or 2024-05-31."
            )
        else:
            found.append(moment)
    return found


def _begin(text: str) -> float | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return datetime(year, month, day).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
