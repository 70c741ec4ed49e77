"""Time logic against plain models that try every combination."""

from __future__ import annotations

from itertools import combinations, product

from hypothesis import example, given
from hypothesis import strategies as st

from gaze_search_app.search.chains import Event, in_order, together
from gaze_search_app.search.hits import Interval

VIDEOS = st.sampled_from("ab")
TIMES = st.builds(
    lambda video, start, length: Interval(video, start, start + length),
    VIDEOS,
    st.integers(0, 60),
    st.integers(0, 15),
)
HITS = st.lists(TIMES, max_size=8, unique=True)
WINDOWS = st.integers(0, 10)
EVENTS = st.lists(
    st.tuples(TIMES, st.integers(0, 3)), max_size=6, unique_by=lambda pair: pair[0]
).map(lambda pairs: [Event(time, score, ((time, score),)) for time, score in pairs])


def near(one: Interval, other: Interval, window: int) -> bool:
    gap = max(one.start_ms, other.start_ms) - min(one.end_ms, other.end_ms)
    return one.fingerprint == other.fingerprint and gap <= window


def every_occasion(parts: list[list[Interval]], window: int) -> set[tuple[frozenset, ...]]:
    """The definition of `together`, word by word: hits that count, joined while they are near."""
    counting = {
        (hit, number)
        for number, part in enumerate(parts)
        for hit in part
        if all(
            any(near(hit, other, window) for other in others)
            for index, others in enumerate(parts)
            if index != number
        )
    }
    groups = [{pair} for pair in counting]
    merged = True
    while merged:
        merged = False
        for one, other in combinations(groups, 2):
            if any(near(a, b, window) for (a, _), (b, _) in product(one, other)):
                groups.remove(other)
                one |= other
                merged = True
                break
    occasions = (
        tuple(
            frozenset(hit for hit, number in group if number == part) for part in range(len(parts))
        )
        for group in groups
    )
    return {occasion for occasion in occasions if all(occasion)}


@given(st.lists(HITS, min_size=2, max_size=3), WINDOWS)
def test_together_finds_what_trying_everything_finds(parts, window) -> None:
    found = together(parts, window)
    assert {tuple(map(frozenset, occasion)) for occasion in found} == every_occasion(parts, window)
    assert len(set(found)) == len(found)


def follows(one: Interval, other: Interval, within: int) -> bool:
    return (
        one.fingerprint == other.fingerprint
        and one.start_ms < other.start_ms
        and other.start_ms - one.end_ms <= within
    )


def every_chain(steps: list[list[Event]], within: list[int]) -> list[tuple[Event, ...]]:
    return [
        chain
        for chain in product(*steps)
        if all(
            follows(one.time, other.time, span)
            for one, other, span in zip(chain[:-1], chain[1:], within, strict=True)
        )
    ]


def overlap(one: Interval, other: Interval) -> bool:
    ends = [max(time.end_ms, time.start_ms + 1) for time in (one, other)]
    same = one.fingerprint == other.fingerprint
    return same and one.start_ms < ends[1] and other.start_ms < ends[0]


def hull(chain: tuple[Event, ...]) -> Interval:
    return Interval(
        chain[0].time.fingerprint,
        min(event.time.start_ms for event in chain),
        max(event.time.end_ms for event in chain),
    )


STEPS = st.integers(1, 3).flatmap(
    lambda count: st.tuples(
        st.lists(EVENTS, min_size=count, max_size=count),
        st.lists(st.integers(0, 30), min_size=count - 1, max_size=count - 1),
    )
)


@given(STEPS)
@example(([[], []], [5]))
def test_chains_are_those_that_trying_everything_finds(asked) -> None:
    steps, within = asked
    possible = every_chain(steps, within)
    shown = in_order(steps, within)
    by_evidence = {
        tuple(proof for event in chain for proof in event.evidence): chain for chain in possible
    }
    for event in shown:
        chain = by_evidence[event.evidence]
        assert event.time == hull(chain)
        assert event.score == sum(part.score for part in chain)
    assert not any(overlap(one.time, other.time) for one, other in combinations(shown, 2))
    best: dict[Interval, int] = {}
    for chain in possible:
        last, score = chain[-1].time, sum(part.score for part in chain)
        best[last] = max(best.get(last, 0), score)
    for (
        last,
        score,
    ) in best.items():  # the best chain to each end is shown, or gave way to a better one
        assert any(
            event.score >= score
            and (event.evidence[-1][0] == last or _near_end(event, last, possible))
            for event in shown
        )


def _near_end(event: Event, last: Interval, possible: list[tuple[Event, ...]]) -> bool:
    """Whether a chain to this end overlaps an event."""
    return any(chain[-1].time == last and overlap(hull(chain), event.time) for chain in possible)


@given(EVENTS, EVENTS, st.integers(0, 30), st.integers(0, 30))
def test_more_time_never_loses_the_last_answer(one, other, within, more) -> None:
    if in_order([one, other], [within]):
        assert in_order([one, other], [within + more])


@given(STEPS, st.randoms())
def test_the_order_of_events_does_not_matter(asked, random) -> None:
    steps, within = asked
    before = in_order(steps, within)
    for step in steps:
        random.shuffle(step)
    assert in_order(steps, within) == before


def test_many_hits_are_merged_without_trying_pairs() -> None:
    one = [Interval("a", 4000 * index, 4000 * index + 2000) for index in range(50_000)]
    other = [Interval("a", 4000 * index + 1000, 4000 * index + 3000) for index in range(50_000)]
    assert len(together([one, other], 500)) == 50_000
    steps = [[Event(time, 1.0, (time,)) for time in part] for part in (one, other)]
    assert len(in_order(steps, [1000])) == 50_000
