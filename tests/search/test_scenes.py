"""Frames that look like a query make scenes: whole ones, apart where the picture is another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gaze_search_app.search.hits import FrameHit
from gaze_search_app.search.scenes import grow

WINDOW = 3000


def film(*frames: tuple[int, float]) -> list[FrameHit]:
    """A frame every two seconds: its shot, and how much it looks like the query."""
    return [
        FrameHit("a", 2000 * at, 2000 * at + 2000, at, score, shot)
        for at, (shot, score) in enumerate(frames)
    ]


def numbers(hits: list[FrameHit], least: float = 0.4) -> list[list[int]]:
    return [[hit.frame_index for hit in scene] for scene in grow(hits, least, WINDOW)]


def test_a_long_scene_is_one_and_a_repeated_one_is_several() -> None:
    assert numbers(film(*[(0, 0.9)] * 20)) == [list(range(20))]
    assert numbers(film((0, 0.9), (1, 0.1), (1, 0.1), (2, 0.9))) == [[0], [3]]


def test_what_turns_away_within_a_shot_is_still_there() -> None:
    assert numbers(film((0, 0.9), (0, 0.3), (0, 0.25), (0, 0.9))) == [[0, 1, 2, 3]]


def test_a_scene_ends_at_the_cut_to_something_less_alike() -> None:
    assert numbers(film((0, 0.9), (0, 0.8), (1, 0.4), (1, 0.4))) == [[0, 1]]


def test_a_valley_between_two_peaks_parts_them() -> None:
    assert numbers(film((0, 0.9), (1, 0.3), (2, 0.8))) == [[0], [2]]


def test_alternating_shots_of_one_thing_are_one_scene() -> None:
    assert numbers(film((0, 0.9), (1, 0.7), (2, 0.8), (3, 0.6))) == [[0, 1, 2, 3]]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=25), st.randoms())
def test_every_good_frame_is_in_at_most_one_scene_whatever_the_order(frames, random) -> None:
    hits = film(*frames)
    scenes = numbers(hits)
    random.shuffle(hits)
    assert numbers(hits) == scenes
    taken = [number for scene in scenes for number in scene]
    assert len(taken) == len(set(taken))
    assert all(scene == list(range(scene[0], scene[-1] + 1)) for scene in scenes)
    best = max((hit.score for hit in hits), default=0.0)
    assert bool(scenes) == (best >= 0.4)
