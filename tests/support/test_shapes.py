from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.support.shapes import COLOURS, KINDS, NAMES, Cue, film, paint, place, render

SIZES = st.sampled_from([(512, 288), (320, 240), (200, 200), (144, 256)])


def test_the_world_is_every_colour_of_every_kind() -> None:
    assert len(NAMES) == len(COLOURS) * len(KINDS) == 48
    assert "red circle" in NAMES


@given(st.lists(st.sampled_from(NAMES), max_size=4), st.integers(0, 2**31), SIZES, st.booleans())
def test_boxes_enclose_exactly_what_is_painted(
    names: list[str], seed: int, size: tuple[int, int], wide: bool
) -> None:
    width, height = size
    shapes = place(np.random.default_rng(seed), names, width, height, wide=wide)
    for shape in shapes:
        box = shape.box(width, height)
        assert 0 <= box.x < box.x + box.w <= 1 + 1e-9
        assert 0 <= box.y < box.y + box.h <= 1 + 1e-9
        painted = paint(np.zeros((height, width, 3), np.uint8), [shape]).max(axis=2) > 64
        rows, columns = np.flatnonzero(painted.any(1)), np.flatnonzero(painted.any(0))
        edges = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        told = [box.x * width, box.y * height, (box.x + box.w) * width, (box.y + box.h) * height]
        assert np.abs(np.subtract(edges, told)).max() <= 3


def test_a_seed_is_a_picture() -> None:
    one, same, other = (render(["red circle", "blue star"], seed=seed) for seed in (7, 7, 8))
    assert one.caption == "a red circle and a blue star"
    assert [box.label for box in one.boxes] == ["circle", "star"]
    assert one.image.shape == (288, 512, 3)
    assert one.image.dtype == np.uint8
    assert np.array_equal(one.image, same.image)
    assert not np.array_equal(one.image, other.image)


def test_a_film_shows_each_thing_in_its_time() -> None:
    frames = list(film([Cue(1, 2, "red circle")], duration_s=3, fps=2, width=160, height=90))
    reddish = [bool(((frame[..., 0] > 180) & (frame[..., 1] < 60)).any()) for frame in frames]
    assert reddish == [False, False, True, True, False, False]
