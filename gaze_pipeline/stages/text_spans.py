"""From the lines read in single frames to spans: the same text at the same place, from when to when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from gaze_pipeline.models.ocr import WrittenLine

_SAME_PLACE = 0.3
_SAME_TEXT = 0.8
"""How alike two readings of one text are at least (0..1): a wobbling letter in five."""
_SURE_OF = {1: math.inf, 2: 0.97, 3: 0.9}
"""How sure a line of so few characters must be on a picture that moves: letters are read into any shape."""


@dataclass(frozen=True)
class Shown:
    """What is written on the screen from `start_ms` until `end_ms`."""

    start_ms: int
    end_ms: int
    lines: Sequence[WrittenLine]


@dataclass
class TextSpan:
    """A line of text while it stays: the best of its readings."""

    start_ms: int
    end_ms: int
    line: WrittenLine


def spans(shown: Iterable[Shown]) -> list[TextSpan]:
    """The spans of what is shown one after the other, in order of their start, then from top to bottom.

    A line goes on where what is shown next, without a gap, has a similar text at about the same place; of
    its readings the surest is kept.
    """
    every: list[TextSpan] = []
    open_: list[TextSpan] = []
    for now in shown:
        before = [span for span in open_ if span.end_ms >= now.start_ms]
        open_ = []
        for line in now.lines:
            span = next((span for span in before if _goes_on(span.line, line)), None)
            if span is None:
                span = TextSpan(now.start_ms, now.end_ms, line)
                every.append(span)
            else:
                before.remove(span)
                span.end_ms = now.end_ms
                if line.confidence > span.line.confidence:
                    span.line = line
            open_.append(span)
    return sorted(every, key=lambda span: (span.start_ms, span.line.box.y, span.line.box.x))


def is_text(line: WrittenLine, least: float, stays: bool) -> bool:
    """Whether a line is taken for text: it is as sure as `least`, and surer the shorter, unless it stays."""
    characters = sum(map(str.isalnum, line.text))
    return line.confidence >= max(least, 0.0 if stays else _SURE_OF.get(characters, 0.0))


def _goes_on(line: WrittenLine, next_: WrittenLine) -> bool:
    if line.box.overlap(next_.box) < _SAME_PLACE:
        return False
    return same_text(line.text, next_.text)


def same_text(one: str, other: str) -> bool:
    """Whether two readings are of one text, but for letters that came out differently.

    Digits must be equal: a clock or a number that counts is another text each time.
    """
    a, b = "".join(one.split()), "".join(other.split())
    if _digits(a) != _digits(b):
        return False
    return a == b or SequenceMatcher(None, a, b, autojunk=False).ratio() >= _SAME_TEXT


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
