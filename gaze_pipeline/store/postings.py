"""The lines that hold a word, and how telling it is in each: one form for rare words, one for common ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

Lines = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float32]
COMMON = 8
"""A word in more than one of so many lines has a weight for every line: adding them is ten times faster."""
_OVERHEAD = 512
"""The bytes that a word takes beside its arrays."""


class Posting(Protocol):
    """Where a word is: `rarity` times its weight in a line is its BM25 there."""

    @property
    def lines(self) -> Lines:
        """The lines that hold the word, in order."""

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""

    def add(self, score: Weights, rarity: float) -> None:
        """Add its BM25 to the scores of all lines."""

    def weights_of(self, lines: Lines) -> Weights:
        """Its weights in some lines, 0 in those that do not hold it."""


@dataclass(frozen=True)
class Sparse:
    """The posting of a word that few lines hold."""

    lines: Lines
    weights: Weights

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return self.lines.nbytes + self.weights.nbytes + _OVERHEAD

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

    weights: Weights

    @cached_property
    def lines(self) -> Lines:
        """The lines that hold the word, in order."""
        return np.flatnonzero(self.weights > 0).astype(np.int32)

    @property
    def nbytes(self) -> int:
        """How much memory it takes, at most."""
        return 2 * self.weights.nbytes + _OVERHEAD

    def add(self, score: Weights, rarity: float) -> None:
        """Add its BM25 to the scores of all lines."""
        score += np.float32(rarity) * self.weights

    def weights_of(self, lines: Lines) -> Weights:
        """Its weights in some lines, 0 in those that do not hold it."""
        return self.weights[lines]


def posting(lines: Lines, weights: Weights, every: int) -> Posting:
    """The posting of a word in these of `every` lines, in the form that suits; copies what it keeps."""
    if COMMON * len(lines) <= every:
        return Sparse(lines.copy(), weights.copy())
    spread = np.zeros(every, np.float32)
    spread[lines] = weights
    return Dense(spread)


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
