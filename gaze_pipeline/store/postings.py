"""The lines that hold a word, and how telling it is in each: one form for rare words, one for common ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Lines = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float32]
COMMON = 8
"""A word in more than one of so many lines has a weight for every line: adding them is ten times faster."""


class Posting(Protocol):
    """Where a word is: `rarity` times its weight in a line is its BM25 there."""

    @property
    def lines(self) -> Lines:
        """The lines that hold the word, in order."""

    def add(self, score: Weights, rarity: float) -> None:
        """Add its BM25 to the scores of all lines."""

    def weights_of(self, lines: Lines) -> Weights:
        """Its weights in some lines, 0 in those that do not hold it."""


@dataclass(frozen=True)
class Sparse:
    """The posting of a word that few lines hold."""

    lines: Lines
    weights: Weights

    def add(self, score: Weights, rarity: float) -> None:
        """Add its BM25 to the scores of all lines."""
        score[self.lines] += np.float32(rarity) * self.weights

    def weights_of(self, lines: Lines) -> Weights:
        """Its weights in some lines, 0 in those that do not hold it."""
        at, there = places(self.lines, lines)
        weights = np.zeros(len(lines), np.float32)
        weights[there] = self.weights[at[there]]
        return weights


@dataclass(frozen=True)
class Dense:
    """The posting of a word that many lines hold: its `weights` in all lines, 0 in those that do not."""

    lines: Lines
    weights: Weights

    def add(self, score: Weights, rarity: float) -> None:
        """Add its BM25 to the scores of all lines."""
        score += np.float32(rarity) * self.weights

    def weights_of(self, lines: Lines) -> Weights:
        """Its weights in some lines, 0 in those that do not hold it."""
        return self.weights[lines]


def is_common(lines: int, every: int) -> bool:
    """Whether a word that so many of `every` line hold suits the form for common ones."""
    return COMMON * lines > every


def dense(rare: Sparse, every: int) -> Dense:
    """A posting in the form for common words, of `every` line."""
    weights = np.zeros(every, np.float32)
    weights[rare.lines] = rare.weights
    return Dense(rare.lines, weights)


def merged(sets: Iterable[Lines]) -> Lines:
    """The lines of several sets, in order, each once."""
    lines = np.sort(np.concatenate([np.empty(0, np.int32), *sets]))  # np.unique hashes: slower
    return lines[np.concatenate([[True], np.diff(lines) > 0])] if len(lines) else lines


def places(among: Lines, lines: Lines) -> tuple[npt.NDArray[np.int64], Flags]:
    """Where in sorted lines each of others stands, and whether it does."""
    at = np.searchsorted(among, lines)
    at[at == len(among)] = 0
    there = among[at] == lines if len(among) else np.zeros(len(lines), bool)
    return at, there
