"""A made-up library of a million lines and a million frames, as the stages would have left it.

Words follow Zipf's law. A film is a few scenes, each near one topic, and its frames lie close to those of
the same scene. Texts lie beside the topic they are about, and apart from all pictures, as CLIP's do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gaze_search_app.search.vision import TextEncoder
from tests.support.synthetic import (
    LABELS,
    MODEL_ID,
    Film,
    Line,
    SyntheticRoot,
    unit,
    unsynced,
    vocabulary,
)

DIMENSIONS = 512
TOPICS = 2000
SCENES = 12
WORDS = 20
VOCABULARY = 100_000
EVERY_MS = 3000
_SPOKEN = "people cross green river under bridge before sunset while music plays "
GAP = 1.5
"""How far texts lie apart from pictures, for each unit of what they are about."""


@dataclass(frozen=True)
class Size:
    """How many films there are, and lines and frames in each."""

    films: int
    lines: int = 200
    frames: int = 200

    @property
    def name(self) -> str:
        """A folder's name."""
        return f"{self.films}x{self.lines}x{self.frames}"


class Library:
    """A data root that is filled once and kept."""

    def __init__(self, place: Path, size: Size) -> None:
        self.size = size
        self.root = SyntheticRoot(place / size.name, dimensions=DIMENSIONS)
        rng = np.random.default_rng(7)
        self.topics = unit(rng.standard_normal((TOPICS, DIMENSIONS)))
        self.words = np.array(vocabulary(rng, VOCABULARY))
        frequency = 1 / np.arange(1, len(self.words) + 1)
        self._cumulated = np.cumsum(frequency / frequency.sum())
        self._apart = unit(rng.standard_normal(DIMENSIONS))
        self._whole = self.root.root / "whole"

    def fill(self) -> None:
        """Write all artifacts unless they are there; takes minutes."""
        if self._whole.exists():
            return
        with unsynced():
            for number in range(self.size.films):
                self.root.add(self.film(number))
        self._whole.touch()

    def film(self, number: int) -> Film:
        """A film by its number, always the same."""
        rng = np.random.default_rng([1, number])
        seen = {
            index: [str(label) for label in rng.choice(LABELS, 2, replace=False)]
            for index in range(0, self.size.frames, 2)
        }
        return Film(
            hashlib.sha256(f"film {number}".encode()).hexdigest()[:16],
            list(self._lines(rng)),
            self._frames(rng),
            seen,
            every_ms=EVERY_MS,
            library=f"library {number % 3}",
        )

    def queries(self, count: int, seed: int) -> list[str]:
        """Two to four words that follow each other in a line, as somebody may remember them."""
        rng = np.random.default_rng([2, seed])
        return [
            " ".join(self._spoken(np.random.default_rng([1, film]), 1)[0][: int(length)])
            for film, length in zip(
                rng.integers(0, self.size.films, count), rng.integers(2, 5, count), strict=True
            )
        ]

    def text_vector(self, text: str) -> npt.NDArray[np.float32]:
        """Where a text lies: near a topic, always the same one."""
        digest = hashlib.sha256(text.encode()).digest()
        rng = np.random.default_rng(list(digest))
        about = self.topics[int.from_bytes(digest[:4]) % TOPICS] + _noise(rng, (DIMENSIONS,), 0.7)
        return unit(about + GAP * self._apart)

    def _lines(self, rng: np.random.Generator) -> Iterator[Line]:
        for index, words in enumerate(self._spoken(rng, self.size.lines)):
            start_ms = index * EVERY_MS
            yield Line(start_ms, start_ms + EVERY_MS - 500, " ".join(words))

    def _spoken(self, rng: np.random.Generator, lines: int) -> Sequence[Sequence[str]]:
        """Lines of 5 to 35 words."""
        lengths = rng.integers(5, 2 * WORDS - 4, self.size.lines)[:lines]
        drawn = self.words[np.searchsorted(self._cumulated, rng.random((lines, 2 * WORDS)))]
        return [list(row[:length]) for row, length in zip(drawn, lengths, strict=True)]

    def _frames(self, rng: np.random.Generator) -> npt.NDArray[np.float32]:
        chosen = self.topics[rng.integers(0, TOPICS, SCENES)]
        scenes = unit(chosen + _noise(rng, chosen.shape, 0.8))
        shown = scenes[np.sort(rng.integers(0, SCENES, self.size.frames))]
        return unit(shown + _noise(rng, shown.shape, 0.4))


class LibraryEncoder:
    """Texts as the library's pictures understand them, at the price of a model's text side.

    The price is that of as many real words: made-up ones fall into several tokens each.
    """

    model_id = MODEL_ID

    def __init__(self, library: Library, priced: TextEncoder) -> None:
        self._library = library
        self._priced = priced

    def encode_texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors, float32 [n, DIMENSIONS]."""
        self._priced.encode_texts([_SPOKEN[: 6 * len(text.split())] for text in texts])
        return np.stack([self._library.text_vector(text) for text in texts])


def _noise(
    rng: np.random.Generator, shape: tuple[int, ...], length: float
) -> npt.NDArray[np.floating]:
    """Vectors of about this length in all directions."""
    noise: npt.NDArray[np.floating] = rng.standard_normal(shape) * length / DIMENSIONS**0.5
    return noise
