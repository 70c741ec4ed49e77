"""Exactly which lines hold a phrase, over the end of a line if need be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.hits import Interval
from gaze_search_app.search.sounds import Endings, Phrase, Sound

_WITH_WORD = """{line} IN (SELECT docid FROM fts_main_segments.terms WHERE termid IN
    (SELECT termid FROM fts_main_segments.dict WHERE term IN (SELECT unnest(${name}))))"""
_ENDINGS = """SELECT term FROM fts_main_segments.dict
    WHERE list_has_any(list_transform($starts, s -> starts_with(term, s)), [true])
      AND NOT contains(term, '~')"""


_REACH = 40
"""More characters than a word has."""


def lines_with(
    snapshot: Snapshot, sound: Sound, fingerprints: Sequence[str] | None, window_ms: int
) -> frozenset[int]:
    """The ids of the lines that hold a sound, among these videos.

    A phrase may begin in one line and end in the next, at most a window later; both hold it then.
    """
    found: set[int] = set()
    for phrase in sound.phrases:
        found |= _whole(snapshot, phrase, fingerprints)
        if len(phrase.elements) > 1:
            found |= _across(snapshot, phrase, fingerprints, window_ms)
    return frozenset(found)


def times(
    snapshot: Snapshot, sounds: Iterable[Sound], fingerprints: Sequence[str], window_ms: int
) -> list[Interval]:
    """When any of the sounds is heard in these videos, line by line."""
    ids = [
        line for sound in sounds for line in lines_with(snapshot, sound, fingerprints, window_ms)
    ]
    rows = snapshot.rows(
        """SELECT DISTINCT fingerprint, start_ms, greatest(end_ms, start_ms + 1) FROM segments
           WHERE id IN (SELECT unnest($ids))""",
        {"ids": ids},
    )
    return [Interval(*row) for row in rows]


def endings(snapshot: Snapshot) -> Endings:
    """Finds the words of a library by how they begin."""
    return partial(_endings, snapshot)


def _endings(snapshot: Snapshot, starts: Collection[str]) -> frozenset[str]:
    rows = snapshot.rows(_ENDINGS, {"starts": sorted(starts)})
    return frozenset(term for (term,) in rows)


def _whole(snapshot: Snapshot, phrase: Phrase, fingerprints: Sequence[str] | None) -> set[int]:
    conditions, values = _words("id", phrase.words)
    within = _within("fingerprint", fingerprints, values)
    if patterns := phrase.patterns():
        conditions.append("regexp_matches(tokens, $whole)")
        values["whole"] = patterns.whole
    rows = snapshot.rows(
        f"SELECT id, text FROM segments WHERE {' AND '.join(conditions)} {within}", values
    )
    return {line for line, text in rows if not phrase.elements or phrase.places(text)}


def _across(
    snapshot: Snapshot, phrase: Phrase, fingerprints: Sequence[str] | None, window_ms: int
) -> set[int]:
    first, last = phrase.elements[0], phrase.elements[-1]
    begin = first.spellings | ({first.whole} if first.whole else frozenset())
    end = phrase.words[-1] if phrase.prefix else last.spellings
    values: dict[str, Any] = {"begin": sorted(begin), "end": sorted(end), "window": window_ms}
    within = _within("a.fingerprint", fingerprints, values)
    if patterns := phrase.patterns():
        within += " AND regexp_matches(a.tokens, $begun) AND regexp_matches(b.tokens, $ended)"
        values |= {"begun": patterns.begun, "ended": patterns.ended}
    rows = snapshot.rows(
        f"""SELECT a.id, b.id, a.text, b.text
            FROM segments a JOIN segments b ON b.id = a.id + 1 AND b.fingerprint = a.fingerprint
            WHERE b.start_ms - a.end_ms <= $window
              AND {_WITH_WORD.format(line="a.id", name="begin")}
              AND {_WITH_WORD.format(line="b.id", name="end")} {within}""",
        values,
    )
    found: set[int] = set()
    reach = _REACH * len(phrase.elements)
    for one, other, before, after in rows:
        said = before[-reach:]
        places = phrase.places(f"{said} {after[:reach]}")
        if any(start < len(said) < end for start, end in places):
            found |= {one, other}
    return found


def _words(line: str, words: Sequence[frozenset[str]]) -> tuple[list[str], dict[str, Any]]:
    names = [f"word{number}" for number in range(len(words))]
    conditions = [_WITH_WORD.format(line=line, name=name) for name in names]
    return conditions, {name: sorted(word) for name, word in zip(names, words, strict=True)}


def _within(column: str, fingerprints: Sequence[str] | None, values: dict[str, Any]) -> str:
    if fingerprints is None:
        return ""
    values["fingerprints"] = list(fingerprints)
    return f"AND {column} IN (SELECT unnest($fingerprints))"
