"""Text to the numbers of pieces by a unigram model (Kudo 2018), as SentencePiece and XLM-RoBERTa have it.

Written out because the tokenizers package takes 0.6 s to take up a vocabulary of 250,000 pieces, and a search
waits for it; this takes 0.1 s. Words are cut up one by one, and known words are remembered.
"""

from __future__ import annotations

import math
from functools import lru_cache

from gaze_pipeline.models.quantised_file import Pieces

_SPACE = "\u2581"
"""What a piece that begins a word begins with."""
_UNLIKELY = 10.0
_REMEMBERED = 1 << 15


class Unigram:
    """Cuts texts into the likeliest pieces; threads may share it."""

    def __init__(self, pieces: Pieces) -> None:
        self._numbers = {text: number for number, text in enumerate(pieces.texts)}
        self._scores = pieces.scores
        self._unknown = pieces.unknown
        self._replaced = pieces.replaced
        self._longest = max(map(len, pieces.texts))
        self._least = min(pieces.scores) - _UNLIKELY
        self._word = lru_cache(_REMEMBERED)(self._cut)

    def numbers(self, text: str) -> list[int]:
        """The numbers of a text's pieces, without those of its begin and end."""
        words = text.translate(self._replaced).split()
        return [number for word in words for number in self._word(_SPACE + word)]

    def _cut(self, word: str) -> tuple[int, ...]:
        """The likeliest pieces of a word (Viterbi); what no piece covers is one unknown piece a run."""
        best = [0.0] + [-math.inf] * len(word)
        came = [(0, self._unknown)] * (len(word) + 1)
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + self._longest) + 1):
                number = self._numbers.get(word[start:end])
                if number is None:
                    if end > start + 1:
                        continue
                    number, score = self._unknown, self._least
                else:
                    score = self._scores[number]
                if best[start] + score > best[end]:
                    best[end] = best[start] + score
                    came[end] = start, number
        pieces: list[int] = []
        at = len(word)
        while at:
            at, number = came[at]
            if number != self._unknown or pieces[-1:] != [self._unknown]:
                pieces.append(number)
        return tuple(reversed(pieces))
