"""The words of a snapshot: which lines hold them, in the order in which a search reads them.

All of it is in memory, some five bytes for each word of each line: `snapshot_postings` writes it in the order
of the words, each with all its lines in a row, so that a word is a slice.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gaze_pipeline.store.postings import Dense, Lines, Posting, Sparse, dense, is_common, merged

K, B = 1.2, 0.75
"""The constants of BM25, those of DuckDB's `match_bm25`."""
KEPT = 64 * 2**20
"""How many bytes of what common words weigh in every line stay in memory, of those asked for last."""
_TIMES = 255
"""A line that says a word more often weighs no more."""
Fetch = Callable[[str, Mapping[str, Any]], Mapping[str, npt.NDArray[Any]]]


@dataclass(frozen=True)
class Word:
    """A token that some line holds: `count` lines do, which are listed from `start` on."""

    start: int
    count: int
    rarity: float
    """Its inverse document frequency, as BM25 has it."""

    @property
    def most(self) -> float:
        """More than it adds to the BM25 of any line."""
        return self.rarity * (K + 1)


class Words:
    """The words of one table; `fetch` gives the columns of a query. Threads may share it."""

    def __init__(self, fetch: Fetch, table: str) -> None:
        stats = fetch(
            f"SELECT num_docs, coalesce(avgdl, 0) AS usual FROM fts_main_{table}.stats", {}
        )
        self._lines, usual = int(stats["num_docs"][0]), float(stats["usual"][0])
        lengths = fetch(f"SELECT len FROM fts_main_{table}.docs ORDER BY docid", {})["len"]
        self._damping = (K * (1 - B + B * lengths / max(usual, 1e-9))).astype(np.float32)
        words = fetch(
            f"""SELECT term, df, (sum(df) OVER (ORDER BY termid) - df)::BIGINT AS start
                FROM fts_main_{table}.dict ORDER BY term""",
            {},
        )
        self._texts = pa.array(words["term"], pa.string())
        self._starts, self._counts = words["start"], words["df"]
        listed = f"line, least(times, {_TIMES})::UTINYINT AS times FROM {table}_postings"
        self._listed = fetch(f"SELECT {listed}", {})
        self._kept: OrderedDict[int, Dense] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._lines

    def known(self, tokens: Collection[str]) -> dict[str, Word]:
        """Those of the tokens that any line holds."""
        found = {}
        for token in sorted(tokens):
            at = bisect_left(self._texts, token, key=pa.StringScalar.as_py)
            if at < len(self._texts) and self._texts[at].as_py() == token:
                count = int(self._counts[at])
                rarity = log10((self._lines - count + 0.5) / (count + 0.5) + 1)
                found[token] = Word(int(self._starts[at]), count, rarity)
        return found

    def postings(self, words: Iterable[Word]) -> list[Posting]:
        """The lines that hold each of some words."""
        return [self._common(w) if is_common(w.count, len(self)) else self._rare(w) for w in words]

    def _rare(self, word: Word) -> Sparse:
        within = slice(word.start, word.start + word.count)
        lines = self._listed["line"][within]
        times = self._listed["times"][within].astype(np.float32)
        return Sparse(lines, times * np.float32(K + 1) / (times + self._damping[lines]))

    def _common(self, word: Word) -> Dense:
        with self._lock:
            found = self._kept.get(word.start) or dense(self._rare(word), len(self))
            self._kept[word.start] = found
            self._kept.move_to_end(word.start)
            while len(self._kept) * found.weights.nbytes > KEPT:
                self._kept.popitem(last=False)
        return found

    def lines(self, words: Collection[Word]) -> Lines:
        """The lines that hold any of the words, in order, each once."""
        found = [one.lines for one in self.postings(words)]
        if len(found) == 1:
            return found[0]
        return merged(found)
