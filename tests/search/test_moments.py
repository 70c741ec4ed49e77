"""Hits become moments: close ones join, far ones don't, whatever order they come in."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gaze_search_app.search.hits import FrameHit, SpeechHit
from gaze_search_app.search.moments import join

SPEECH, VISUAL = 2000, 3000
TIMES = st.integers(0, 60_000)
VIDEOS = st.sampled_from(["a", "b", "c"])


def line(start_ms: int, end_ms: int, video: str = "a") -> SpeechHit:
    return SpeechHit(video, start_ms, end_ms, (0,), 1.0)


def frame(start_ms: int, video: str = "a", score: float = 1.0) -> FrameHit:
    return FrameHit(video, start_ms, start_ms + 2000, start_ms // 2000, score)


LINES = st.lists(
    st.builds(
        lambda start, length, video: line(start, start + length, video),
        TIMES,
        st.integers(1, 5000),
        VIDEOS,
    ),
    max_size=12,
)
FRAMES = st.lists(st.builds(frame, TIMES, VIDEOS), max_size=12)


def spans(lines: list[SpeechHit], frames: list[FrameHit]) -> list[tuple[str, int, int]]:
    return [(m.fingerprint, m.start_ms, m.end_ms) for m in join(lines, frames, SPEECH, VISUAL)]


def test_lines_within_two_seconds_join() -> None:
    assert spans([line(0, 1000), line(3000, 4000)], []) == [("a", 0, 4000)]
    assert spans([line(0, 1000), line(3001, 4000)], []) == [("a", 0, 1000), ("a", 3001, 4000)]


def test_frames_within_three_seconds_join() -> None:
    assert spans([], [frame(0), frame(3000)]) == [("a", 0, 5000)]
    assert spans([], [frame(0), frame(3001)]) == [("a", 0, 2000), ("a", 3001, 5001)]


def test_what_is_heard_joins_what_is_seen_meanwhile() -> None:
    moments = join([line(3000, 5000)], [frame(4000)], SPEECH, VISUAL)
    assert [(m.start_ms, m.end_ms, len(m.lines), len(m.frames)) for m in moments] == [
        (3000, 6000, 1, 1)
    ]


def test_who_talks_on_into_the_next_scene_talks_about_another() -> None:
    assert len(join([line(0, 4500)], [frame(4000)], SPEECH, VISUAL)) == 2


def test_a_long_line_holds_the_ones_within_it() -> None:
    assert spans([line(0, 10_000), line(1000, 2000), line(11_000, 12_000)], []) == [
        ("a", 0, 12_000)
    ]


def test_videos_never_join() -> None:
    assert len(join([line(0, 1000, "a"), line(0, 1000, "b")], [frame(0, "c")], SPEECH, VISUAL)) == 3


@given(LINES, FRAMES, st.randoms())
def test_the_order_of_hits_does_not_matter(lines, frames, random) -> None:
    expected = join(lines, frames, SPEECH, VISUAL)
    random.shuffle(lines)
    random.shuffle(frames)
    assert join(lines, frames, SPEECH, VISUAL) == expected


@given(LINES, FRAMES)
def test_every_hit_is_in_one_moment_that_spans_it(lines, frames) -> None:
    moments = join(lines, frames, SPEECH, VISUAL)
    assert sorted(hit for m in moments for hit in m.lines) == sorted(lines)
    assert sorted(hit for m in moments for hit in m.frames) == sorted(frames)
    for moment in moments:
        hits = [*moment.lines, *moment.frames]
        assert moment.start_ms == min(hit.start_ms for hit in hits)
        assert moment.end_ms == max(hit.end_ms for hit in hits)
        assert {hit.fingerprint for hit in hits} == {moment.fingerprint}


@given(LINES, FRAMES)
def test_moments_of_a_video_lie_apart(lines, frames) -> None:
    moments = join(lines, frames, SPEECH, VISUAL)
    for before, after in pairwise(moments):
        if before.fingerprint != after.fingerprint:
            continue
        assert after.start_ms >= before.start_ms
        if before.lines and after.lines:
            assert after.lines[0].start_ms - max(hit.end_ms for hit in before.lines) > SPEECH
        if before.frames and after.frames:
            assert after.frames[0].start_ms - before.frames[-1].start_ms > VISUAL


@given(LINES, FRAMES, st.integers(0, 10_000), st.integers(0, 10_000))
def test_wider_windows_never_make_more_moments(lines, frames, speech, visual) -> None:
    narrow = join(lines, frames, speech, visual)
    wide = join(lines, frames, speech + 1000, visual + 1000)
    assert len(wide) <= len(narrow)


@given(LINES, FRAMES)
def test_joining_the_joined_changes_nothing(lines, frames) -> None:
    for moment in join(lines, frames, SPEECH, VISUAL):
        assert join(moment.lines, moment.frames, SPEECH, VISUAL) == [moment]
