"""From timed words to segments at sentence grain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PAUSE_MS = 1000
LONGEST_MS = 12_000
_FINAL = (".", "!", "?", "…", "。", "！", "？", "।", "؟", "۔")
_CLAUSE = (",", ";", ":", "—", "，", "、", "；", "：", "،")
_CLOSING = "\"'”’»)]}」』）"
_ABBREVIATIONS = {"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "jr.", "sr.", "vs.", "etc.", "no."}


@dataclass(frozen=True)
class Word:
    """A spoken word with its own leading space where the script has spaces."""

    start_ms: int
    end_ms: int
    text: str
    probability: float


@dataclass(frozen=True)
class Segment:
    """A sentence, or a part of a long one; `confidence` is 0..1."""

    start_ms: int
    end_ms: int
    text: str
    language: str
    confidence: float
    words: tuple[Word, ...]


def segments(words: Sequence[Word], language: str) -> list[Segment]:
    """Words in spoken order cut at sentence ends and pauses, no segment longer than `LONGEST_MS`."""
    sentences: list[list[Word]] = [[]]
    for index, word in enumerate(words):
        sentences[-1].append(word)
        if index + 1 < len(words) and _ends(word, words[index + 1]):
            sentences.append([])
    pieces = [piece for sentence in sentences if sentence for piece in _shorten(sentence)]
    made = [_segment(piece, language) for piece in pieces]
    return [segment for segment in made if segment.text]


def _ends(word: Word, following: Word) -> bool:
    if following.start_ms - word.end_ms >= PAUSE_MS:
        return True
    text = word.text.strip().rstrip(_CLOSING)
    if not text.endswith(_FINAL):
        return False
    initial = len(text) == 2 and text[0].isupper()  # J. R. R. Tolkien
    return not initial and text.lower() not in _ABBREVIATIONS


def _shorten(words: list[Word]) -> list[list[Word]]:
    """Halve too long a sentence at the clause end or pause that lies best."""
    duration = words[-1].end_ms - words[0].start_ms
    if duration <= LONGEST_MS or len(words) < 2:
        return [words]
    middle = (words[0].start_ms + words[-1].end_ms) / 2

    def cost(cut: int) -> float:
        before, after = words[cut - 1], words[cut]
        off_centre = abs((before.end_ms + after.start_ms) / 2 - middle) / duration
        clause = before.text.strip().rstrip(_CLOSING).endswith(_CLAUSE)
        pause = min(1.0, max(0, after.start_ms - before.end_ms) / PAUSE_MS)
        return off_centre - 0.25 * clause - 0.25 * pause

    cut = min(range(1, len(words)), key=cost)
    return _shorten(words[:cut]) + _shorten(words[cut:])


def _segment(words: list[Word], language: str) -> Segment:
    logs = [math.log(max(word.probability, 1e-6)) for word in words]
    return Segment(
        start_ms=words[0].start_ms,
        end_ms=words[-1].end_ms,
        text="".join(word.text for word in words).strip(),
        language=language,
        confidence=math.exp(sum(logs) / len(logs)),
        words=tuple(words),
    )
