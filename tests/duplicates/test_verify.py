from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from gaze_pipeline.duplicates.compare import Fit, fits
from gaze_pipeline.duplicates.looks import Look, Seen
from gaze_pipeline.duplicates.reel import Reel, View
from gaze_pipeline.duplicates.verify import Shared, verify

TIMES = np.arange(0, 20_000, 2000)
WORDS = tuple(f"word{number}" for number in range(20))
SPOKEN = np.arange(20, dtype=np.int64) * 900


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (54, 96), dtype=np.uint8)


def reel(pictures: Sequence[int], words: tuple[str, ...] = ()) -> Reel:
    return Reel(TIMES, np.stack([picture(seed) for seed in pictures]), words, SPOKEN[: len(words)])


def showing(shown: Reel, seen: list[int]) -> Look:
    def look(times_ms: Sequence[int]) -> Seen | None:
        seen.append(len(times_ms))
        wanted = np.array(times_ms, np.int64)
        return wanted, shown.luma[np.searchsorted(shown.times, wanted, "right") - 1]

    return look


def at_once(longer: Reel, shorter: Reel) -> Fit:
    agreement = (longer.grids() * shorter.grids()).sum(axis=1)
    return Fit(0, (View(), View()), agreement, np.zeros(len(TIMES), np.float32), shorter.shows)


STILL, MOVING = [1] * len(TIMES), list(range(len(TIMES)))


@pytest.mark.parametrize(("longer", "shorter"), [(STILL, STILL), (STILL, MOVING), (MOVING, STILL)])
def test_what_stands_still_and_is_silent_is_not_even_looked_at(
    longer: list[int], shorter: list[int]
) -> None:
    one, other, seen = reel(longer), reel(shorter), list[int]()
    assert verify(one, other, at_once(one, other), showing(one, seen)) is None
    assert not seen


def test_one_slide_is_not_looked_at_where_other_words_are_said_to_it() -> None:
    seen: list[int] = []
    one, other = reel(STILL, WORDS), reel(STILL, WORDS[::-1])
    assert verify(one, other, at_once(one, other), showing(one, seen)) is None
    assert not seen


def test_one_slide_is_a_copy_where_the_same_words_are_said_to_it() -> None:
    one = reel(STILL, WORDS)
    other = replace(one, spoken=one.spoken + 300)
    assert verify(one, other, at_once(one, other), showing(one, [])) is not None


def test_a_silent_copy_of_changing_pictures_is_told() -> None:
    one = reel(MOVING)
    (fit, *_) = fits(one, one)
    assert verify(one, one, fit, showing(one, [])) == Shared(0, 0, 20_000)
