"""The words of a snapshot: which lines hold them, in memory, in the order in which a search reads them.

DuckDB's full-text index counts the words. `snapshot_postings` puts its list of occurrences, which lies in the
order of the lines, into the order of the words, each with all its lines in a row.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log10
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gaze_pipeline.store.postings import COMMON, Dense, Lines, Posting, Sparse, merged

K, B = 1.2, 0.75
"""The constants of BM25, those of DuckDB's `match_bm25`."""
KEPT = 32
"""How many common words keep a weight for every line."""
_WORDS = """SELECT term, df, (sum(df) OVER (ORDER BY termid) - df)::BIGINT AS first
    FROM fts_main_{table}.dict ORDER BY term"""
# A byte will do: a word that a line says more often tells no more.
_POSTINGS = "SELECT line, least(times, 255)::UTINYINT AS times FROM {table}_postings"
_STATS = "SELECT num_docs, coalesce(avgdl, 0) AS usual FROM fts_main_{table}.stats"
_LENGTHS = "SELECT len FROM fts_main_{table}.docs ORDER BY docid"

Fetch = Callable[[str, Mapping[str, Any]], Mapping[str, npt.NDArray[Any]]]


@dataclass(frozen=True)
class Word:
    """A token that some line holds: `count` lines do, of all postings those from `first` on."""

    first: int
    count: int
    rarity: float
    """Its inverse document frequency, as BM25 has it."""

    @property
    def most(self) -> float:
        """More than it adds to the BM25 of any line."""
        return self.rarity * (K + 1)


class Words:
    """The words of one table; `fetch` gives the columns of a query. Threads may share it.

    It takes 5 bytes of memory for each word of each line.
    """

    def __init__(self, fetch: Fetch, table: str) -> None:
        stats, lengths, words, postings = (
            fetch(query.format(table=table), {}) for query in (_STATS, _LENGTHS, _WORDS, _POSTINGS)
        )
        self._count, usual = int(stats["num_docs"][0]), float(stats["usual"][0])
        self._damping = (K * (1 - B + B * lengths["len"] / max(usual, 1e-9))).astype(np.float32)
        self._texts = pa.array(words["term"], pa.string())
        self._firsts, self._counts = words["first"], words["df"]
        self._lines, self._times = postings["line"], postings["times"]
        self._dense = lru_cache(KEPT)(self._spread)

    def __len__(self) -> int:
        return self._count

    def known(self, tokens: Collection[str]) -> dict[str, Word]:
        """Those of the tokens that any line holds."""
        found = {}
        for token in sorted(tokens):
            at = bisect_left(self._texts, token, key=pa.StringScalar.as_py)
            if at < len(self._texts) and self._texts[at].as_py() == token:
                count = int(self._counts[at])
                rarity = log10((self._count - count + 0.5) / (count + 0.5) + 1)
                found[token] = Word(int(self._firsts[at]), count, rarity)
        return found

    def postings(self, words: Iterable[Word]) -> list[Posting]:
        """The lines that hold each of some words."""
        return [
            self._dense(word) if COMMON * word.count > self._count else self._sparse(word)
            for word in words
        ]

    def lines(self, words: Collection[Word]) -> Lines:
        """The lines that hold any of the words, in order, each once."""
        found = [one.lines for one in self.postings(words)]
        if len(found) == 1:
            return found[0]
        return merged(found)

    def _sparse(self, word: Word) -> Sparse:
        rows = slice(word.first, word.first + word.count)
        lines, times = self._lines[rows], self._times[rows].astype(np.float32)
        return Sparse(lines, times * np.float32(K + 1) / (times + self._damping[lines]))

    def _spread(self, word: Word) -> Dense:
        sparse = self._sparse(word)
        weights = np.zeros(self._count, np.float32)
        weights[sparse.lines] = sparse.weights
        return Dense(weights)
