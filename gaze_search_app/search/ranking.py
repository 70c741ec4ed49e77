"""The best lines for some words by BM25, without weighing lines that cannot be among them.

The scores are those of DuckDB's `match_bm25` (Robertson and Zaragoza 2009). Words are read from the rarest to
the commonest, until what is left could lift no further line into the answer (the bounds of MaxScore: Turtle
and Flood 1995); the common rest is then only looked up in the lines that can still make it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gaze_pipeline.store.snapshot_words import Lines, Posting, Word, Words

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """Lines, best first, with their BM25, and for each word whether they hold it [words, lines]."""

    lines: Lines
    bm25: Floats
    held: Flags


@dataclass(frozen=True)
class Contest:
    """What decides which lines are best.

    They are ranked by how many of the `first` sets of lines they are in, then by BM25, then by id; all of
    the words numbered in `needed` are read. `admitted` tells which lines may answer. Where fewer lines are
    found than are wanted, `useless` tells whether lines that hold none but the words of some numbers are of
    no use beside those found, given which words these hold [words, lines].
    """

    words: Words
    terms: Sequence[Word]
    admitted: Callable[[Lines], Flags]
    useless: Callable[[Sequence[int], Flags], bool]
    first: Sequence[Lines] = ()
    needed: frozenset[int] = frozenset()

    @cached_property
    def _postings(self) -> list[Posting]:
        return self.words.postings(self.terms)

    def best(self, most: int) -> Ranked:
        """The `most` best lines that hold any of the words."""
        terms, postings = self.terms, self._postings
        unread = sorted(
            range(len(terms)), key=lambda n: (n not in self.needed, terms[n].count, n), reverse=True
        )
        score = np.zeros(len(self.words))
        holding = np.zeros(len(self.words), bool)
        lines = np.empty(0, np.int32)
        while unread and (
            unread[-1] in self.needed or not self._settled(lines, score, unread, most)
        ):
            number = unread.pop()
            posting = postings[number]
            score[posting.lines] += terms[number].rarity * posting.weights
            holding[posting.lines] = True
            lines = np.flatnonzero(holding).astype(np.int32)
            lines = lines[self.admitted(lines)]
        lines = self._hopeful(lines, score, unread, most)
        for number in unread:
            posting = postings[number]
            at, there = places(posting.lines, lines)
            score[lines[there]] += terms[number].rarity * posting.weights[at[there]]
        order = np.lexsort((lines, -score[lines], -self._precedence(lines)))[:most]
        return Ranked(lines[order], score[lines[order]], self._held(lines[order]))

    def _settled(self, lines: Lines, score: Floats, unread: Sequence[int], most: int) -> bool:
        """Whether no line that holds none but unread words can be among the best."""
        if not len(lines):
            return False
        left = self._most(unread)
        if len(lines) >= most:
            return left < self._bar(lines, score, most)
        if left >= score[lines].max():
            return False
        held = self._held(lines, without=unread)
        return self.useless(unread, held)

    def _hopeful(self, lines: Lines, score: Floats, unread: Sequence[int], most: int) -> Lines:
        """The lines that can be among the best once the unread words are counted too."""
        if len(lines) <= most:
            return lines
        bar = self._bar(lines, score, most) - self._most(unread)
        return lines[self._value(lines, score) >= bar]

    def _bar(self, lines: Lines, score: Floats, most: int) -> float:
        """What the last of the best lines is worth so far."""
        return float(np.partition(self._value(lines, score), -most)[-most])

    def _value(self, lines: Lines, score: Floats) -> Floats:
        """BM25 so far, raised above any other by each set of lines that come first."""
        return score[lines] + self._precedence(lines) * (1 + self._most(range(len(self.terms))))

    def _precedence(self, lines: Lines) -> npt.NDArray[np.int64]:
        """In how many of the sets that come first each line is."""
        return sum(
            (places(one, lines)[1].astype(int) for one in self.first), np.zeros(len(lines), int)
        )

    def _most(self, numbers: Sequence[int]) -> float:
        """More than these words add to any line."""
        return sum(self.terms[number].most for number in numbers)

    def _held(self, lines: Lines, without: Sequence[int] = ()) -> Flags:
        """Which words each line holds, [words, lines]; those `without` are not looked up."""
        held = np.zeros((len(self.terms), len(lines)), bool)
        for number, posting in enumerate(self._postings):
            if number not in without:
                held[number] = places(posting.lines, lines)[1]
        return held


def places(among: Lines, lines: Lines) -> tuple[npt.NDArray[np.int64], Flags]:
    """Where in sorted lines each of others stands, and whether it does."""
    at = np.searchsorted(among, lines)
    at[at == len(among)] = 0
    there = among[at] == lines if len(among) else np.zeros(len(lines), bool)
    return at, there
