"""Exactly which lines hold a phrase, over the end of a line if need be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from gaze_pipeline.store.postings import Lines, merged, places
from gaze_pipeline.store.snapshot_corpus import Corpus
from gaze_search_app.search.hits import Interval
from gaze_search_app.search.sounds import Endings, Phrase, Sound

_BORDER = "WHERE regexp_matches(a.tokens, $begun) AND regexp_matches(b.tokens, $ended)"
_ENDINGS = """SELECT term FROM fts_main_{table}.dict
    WHERE list_has_any(list_transform($starts, s -> starts_with(term, s)), [true])
      AND NOT contains(term, '~')"""


_REACH = 40
"""More characters than a word has."""


def lines_with(
    corpus: Corpus, sound: Sound, fingerprints: Sequence[str] | None, window_ms: int
) -> Lines:
    """The ids of the lines that hold a sound, among these videos, in order.

    A phrase may begin in one line and end in the next, at most a window later; both hold it then.
    """
    found = []
    for phrase in sound.phrases:
        found.append(_whole(corpus, phrase, fingerprints))
        if len(phrase.elements) > 1:
            found.append(_across(corpus, phrase, fingerprints, window_ms))
    return merged(found)


def texts(corpus: Corpus, lines: Collection[int]) -> dict[int, tuple[str, str]]:
    """What some lines say, and in which language, by id."""
    if not lines:
        return {}
    rows = corpus.snapshot.rows(
        f"""SELECT id, text, language FROM {corpus.table}
            SEMI JOIN (SELECT unnest($lines) AS id) USING (id)""",  # a long IN takes half as long again
        {"lines": sorted(lines)},
    )
    return {line: (text, language) for line, text, language in rows}


def times(
    corpus: Corpus, sounds: Iterable[Sound], fingerprints: Sequence[str], window_ms: int
) -> list[Interval]:
    """When any of the sounds is in these videos, line by line."""
    starts, ends = corpus.runs.columns["start_ms"], corpus.runs.columns["end_ms"]
    return [
        Interval(
            corpus.fingerprint(line),
            int(starts[line]),
            max(int(ends[line]), int(starts[line]) + 1),
        )
        for sound in sounds
        for line in lines_with(corpus, sound, fingerprints, window_ms)
    ]


def endings(corpus: Corpus) -> Endings:
    """Finds the words of a library by how they begin."""
    return partial(_endings, corpus)


def _endings(corpus: Corpus, starts: Collection[str]) -> frozenset[str]:
    query = _ENDINGS.format(table=corpus.table)
    rows = corpus.snapshot.rows(query, {"starts": sorted(starts)})
    return frozenset(term for (term,) in rows)


def _whole(corpus: Corpus, phrase: Phrase, fingerprints: Sequence[str] | None) -> Lines:
    """The lines that hold all of a phrase."""
    lines = corpus.within(_with_all(corpus, phrase.words), fingerprints)
    if not phrase.elements or not len(lines):
        return lines
    patterns = phrase.patterns()
    rows = corpus.snapshot.rows(
        f"""SELECT id, text FROM {corpus.table} JOIN lines USING (id)
            {"WHERE regexp_matches(tokens, $whole)" if patterns else ""}""",
        {"whole": patterns.whole} if patterns else None,
        lines=_table(id=lines),
    )
    return _ids(line for line, text in rows if phrase.places(text))


def _across(
    corpus: Corpus, phrase: Phrase, fingerprints: Sequence[str] | None, window_ms: int
) -> Lines:
    """The pairs of lines over whose border a phrase goes."""
    first, last = phrase.elements[0], phrase.elements[-1]
    begin = first.spellings | ({first.whole} if first.whole else frozenset())
    end = phrase.words[-1] if phrase.prefix else last.spellings
    first_lines = corpus.within(_with_all(corpus, [begin]), fingerprints)
    ended = _with_all(corpus, [end])
    begun: Lines = first_lines[places(ended, first_lines + 1)[1]]
    near = corpus.videos[begun] == corpus.videos[begun + 1]
    starts, ends = corpus.runs.columns["start_ms"], corpus.runs.columns["end_ms"]
    gaps = starts[begun + 1].astype(int) - ends[begun]
    begun = begun[near & (gaps <= window_ms)]
    if not len(begun):
        return begun
    patterns = phrase.patterns()
    rows = corpus.snapshot.rows(
        f"""SELECT a.id, a.text, b.text FROM lines
            JOIN {corpus.table} a ON a.id = lines.one JOIN {corpus.table} b ON b.id = lines.other
            {_BORDER if patterns else ""}""",
        {"begun": patterns.begun, "ended": patterns.ended} if patterns else None,
        lines=_table(one=begun, other=begun + 1),
    )
    found: set[int] = set()
    reach = _REACH * len(phrase.elements)
    for one, before, after in rows:
        said = before[-reach:]
        found_at = phrase.places(f"{said} {after[:reach]}")
        if any(start < len(said) < end for start, end in found_at):
            found |= {one, one + 1}
    return _ids(found)


def _with_all(corpus: Corpus, words: Iterable[Collection[str]]) -> Lines:
    """The lines that hold a token of each word, in order."""
    found = [corpus.words.lines(corpus.words.known(tokens).values()) for tokens in words]
    found.sort(key=len)
    lines = found[0]
    for others in found[1:]:
        lines = lines[places(others, lines)[1]]
    return lines


def _table(**columns: Lines) -> pa.Table:
    return pa.table({name: pa.array(ids, pa.int64()) for name, ids in columns.items()})


def _ids(lines: Iterable[int]) -> Lines:
    return np.array(sorted(lines), np.int32)
