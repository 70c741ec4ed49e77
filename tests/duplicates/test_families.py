from __future__ import annotations

from gaze_pipeline.duplicates.families import Copy, Pair, Quality, families


def quality(seconds: float, pixels: int = 100, bitrate: float = 1, at: float = 0) -> Quality:
    return Quality(round(1000 * seconds), pixels, bitrate, at)


def test_the_longest_then_the_sharpest_then_the_oldest_is_the_original() -> None:
    known = {
        "long": quality(60.4, pixels=50),
        "sharp": quality(60, pixels=100, at=2),
        "older": quality(60.2, pixels=100, at=1),
        "part": quality(20, pixels=900),
    }
    pairs = [
        Pair("long", "sharp", 0, 0, 60_000),
        Pair("long", "older", 0, 0, 60_000),
        Pair("long", "part", 10_000, 0, 20_000),
    ]
    (family,) = families(pairs, known)
    assert family.original == "older"
    assert {copy.fingerprint for copy in family.copies} == {"long", "sharp", "part"}
    assert Copy("part", 10_000, 0, 20_000) in family.copies


def test_a_copy_of_a_copy_is_placed_in_the_original() -> None:
    known = {"a": quality(100), "b": quality(50), "c": quality(20)}
    pairs = [Pair("a", "b", 30_000, 0, 50_000), Pair("b", "c", 5_000, 0, 20_000)]
    (family,) = families(pairs, known)
    assert Copy("c", 35_000, 0, 20_000) in family.copies


def test_extracts_that_share_nothing_with_the_original_stand_alone() -> None:
    known = {"a": quality(100), "b": quality(50), "c": quality(40)}
    pairs = [Pair("a", "b", 50_000, 0, 10_000), Pair("b", "c", 20_000, 0, 30_000)]
    (family,) = families(pairs, known)
    assert [copy.fingerprint for copy in family.copies] == ["b"]


def test_videos_that_are_gone_are_in_no_family() -> None:
    assert families([Pair("a", "b", 0, 0, 9000)], {"a": quality(9)}) == []
