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

from gaze_pipeline.store.postings import Flags, Lines, Posting, Weights, places
from gaze_pipeline.store.snapshot_words import Word, Words

Floats = npt.NDArray[np.floating]
_RARE = 4096
"""A word in so few lines is read sooner than it is asked whether it needs to be."""
_ASKED = 16_384
"""Of more lines than these some tell what the best are worth at least."""


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
    the words numbered in `needed` are read. `admitted` leaves of some lines those that may answer. Where
    fewer lines are found than are wanted, `useless` tells whether lines that hold none but the words of
    some numbers are of no use beside those found, given which words these hold [words, lines].
    """

    words: Words
    terms: Sequence[Word]
    admitted: Callable[[Lines], Lines]
    useless: Callable[[Sequence[int], Flags], bool]
    first: Sequence[Lines] = ()
    needed: frozenset[int] = frozenset()

    @cached_property
    def _postings(self) -> list[Posting]:
        return self.words.postings(self.terms)

    def best(self, most: int) -> Ranked:
        """The `most` best lines that hold any of the words."""
        unread = sorted(range(len(self.terms)), key=self._delay, reverse=True)
        score = np.zeros(len(self.words), np.float32)
        lines: Lines | None = None
        while unread:
            if not self._is_due(unread[-1]):
                lines = self._found(score)
                if self._settled(lines, score, unread, most):
                    break
            number = unread.pop()
            self._postings[number].add(score, self.terms[number].rarity)
            lines = None
        lines = self._hopeful(self._found(score) if lines is None else lines, score, unread, most)
        for number in unread:
            weights = self._postings[number].weights_of(lines)
            score[lines] += np.float32(self.terms[number].rarity) * weights
        lines = self._hopeful(lines, score, (), most)
        order = np.lexsort((lines, -score[lines], -self._precedence(lines)))[:most]
        return Ranked(lines[order], score[lines[order]], self._held(lines[order]))

    def _delay(self, number: int) -> tuple[bool, int, int]:
        """The order in which words are read."""
        return number not in self.needed, self.terms[number].count, number

    def _is_due(self, number: int) -> bool:
        """Whether a word is read whatever others find: it is needed, or rare."""
        return number in self.needed or self.terms[number].count <= _RARE

    def _found(self, score: Weights) -> Lines:
        """The lines that may answer of those that hold any word read so far."""
        return self.admitted(np.flatnonzero(score > 0).astype(np.int32))

    def _settled(self, lines: Lines, score: Weights, unread: Sequence[int], most: int) -> bool:
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

    def _hopeful(self, lines: Lines, score: Weights, unread: Sequence[int], most: int) -> Lines:
        """The lines that can be among the best once the unread words are counted too."""
        while len(lines) > most:
            bar = self._bar(lines, score, most) - self._most(unread)
            hopeful = lines[self._value(lines, score) >= bar]
            if 2 * len(hopeful) > len(lines):
                return hopeful
            lines = hopeful  # of fewer lines more can be told
        return lines

    def _bar(self, lines: Lines, score: Weights, most: int) -> float:
        """What the last of the best lines is worth so far, or less: of many lines only some are asked."""
        some = lines[:: max(1, len(lines) // max(most, _ASKED))]
        return float(np.partition(self._value(some, score), -most)[-most])

    def _value(self, lines: Lines, score: Weights) -> Floats:
        """BM25 so far, raised above any other by each set of lines that come first."""
        if not self.first:
            return score[lines]
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
                held[number] = posting.weights_of(lines) > 0
        return held
