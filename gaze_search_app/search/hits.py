"""What each channel finds, before hits become moments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class SpeechHit:
    """A spoken line that holds words of the query; `words` numbers those it holds.

    `bm25` is relative to the best line of the answer (0..1); `text` and `language` are the line's.
    """

    fingerprint: str
    start_ms: int
    end_ms: int
    words: tuple[int, ...]
    bm25: float
    text: str
    language: str


@dataclass(frozen=True, order=True)
class FrameHit:
    """A frame that looks like the query; `score` is calibrated to 0..1.

    It stands for the time from `start_ms` to `end_ms`, when the next frame was taken.
    """

    fingerprint: str
    start_ms: int
    end_ms: int
    frame_index: int
    score: float
