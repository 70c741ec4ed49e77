"""The words of a snapshot: which lines hold them, in the order in which a search reads them.

The words themselves are in memory. Which lines hold one is read when it is asked for, from the list that
`snapshot_postings` writes: in the order of the words, each with all its lines in a row.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gaze_pipeline.store.postings import Lines, Posting, merged, posting

K, B = 1.2, 0.75
"""The constants of BM25, those of DuckDB's `match_bm25`."""
KEPT = 128 * 2**20
"""How many bytes of postings stay in memory, those of the words asked for last."""
_FEW = 6
"""So many words are found faster one by one; for more the postings between them are read through."""
Fetch = Callable[[str, Mapping[str, Any]], Mapping[str, npt.NDArray[Any]]]


@dataclass(frozen=True)
class Word:
    """A token that some line holds: `count` lines do."""

    term: int
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
        self._fetch = fetch
        self._table = table
        stats = fetch(
            f"SELECT num_docs, coalesce(avgdl, 0) AS usual FROM fts_main_{table}.stats", {}
        )
        self._lines, usual = int(stats["num_docs"][0]), float(stats["usual"][0])
        lengths = fetch(f"SELECT len FROM fts_main_{table}.docs ORDER BY docid", {})["len"]
        self._damping = (K * (1 - B + B * lengths / max(usual, 1e-9))).astype(np.float32)
        words = fetch(f"SELECT term, termid, df FROM fts_main_{table}.dict ORDER BY term", {})
        self._texts = pa.array(words["term"], pa.string())
        self._terms, self._counts = words["termid"], words["df"]
        self._kept: OrderedDict[int, Posting] = OrderedDict()
        self._size = 0
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
                found[token] = Word(int(self._terms[at]), count, rarity)
        return found

    def postings(self, words: Iterable[Word]) -> list[Posting]:
        """The lines that hold each of some words."""
        wanted = [word.term for word in words]
        with self._lock:
            found = {term: self._kept[term] for term in wanted if term in self._kept}
        if missing := sorted(set(wanted) - found.keys()):
            found |= self._read(missing)
        with self._lock:
            for term in wanted:
                self._keep(term, found[term])
        return [found[term] for term in wanted]

    def _read(self, terms: Sequence[int]) -> Iterator[tuple[int, Posting]]:
        """The postings of these terms, which are in order as the table is."""
        every = f"SELECT * FROM {self._table}_postings WHERE termid"
        if len(terms) <= _FEW:
            query = " UNION ALL ".join(f"{every} = {term}" for term in terms)
        else:
            query = f"{every} IN ({', '.join(map(str, terms))})"
        found = self._fetch(query, {})
        lines, times = found["line"], found["times"].astype(np.float32)
        weights = times * np.float32(K + 1) / (times + self._damping[lines])
        ends = np.searchsorted(found["termid"], terms, "right").tolist()
        for term, start, end in zip(terms, [0, *ends], ends, strict=False):
            yield term, posting(lines[start:end], weights[start:end], self._lines)

    def lines(self, words: Collection[Word]) -> Lines:
        """The lines that hold any of the words, in order, each once."""
        found = [one.lines for one in self.postings(words)]
        if len(found) == 1:
            return found[0]
        return merged(found)

    def _keep(self, term: int, found: Posting) -> None:
        """Keep a posting as the one asked for last; the caller holds the lock."""
        if term not in self._kept:
            self._kept[term] = found
            self._size += found.nbytes
        self._kept.move_to_end(term)
        while self._size > KEPT:
            _, dropped = self._kept.popitem(last=False)
            self._size -= dropped.nbytes
