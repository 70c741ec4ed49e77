"""Grouping videos into runs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.partitions import MAX_BATCH, MAX_BATCH_MS, Candidate, batches
from gaze_pipeline.states import Stage

ALL = frozenset(Stage)
SPEECH = frozenset({Stage.AUDIO, Stage.TRANSCRIPT})
MINUTE = 60_000


def todo(*candidates: Candidate) -> dict[str, Candidate]:
    return {candidate.fingerprint: candidate for candidate in candidates}


def groups(order: list[str], candidates: dict[str, Candidate]) -> list[tuple[str, ...]]:
    return [batch.fingerprints for batch in batches(order, candidates)]


def test_a_large_backlog_goes_in_batches_of_sixteen() -> None:
    order = [f"{number:03}" for number in range(100)]
    sizes = [len(group) for group in groups(order, todo(*(Candidate(k, ALL, 1) for k in order)))]
    assert sizes == [16] * 6 + [4]


def test_a_small_backlog_is_spread_over_two_runs() -> None:
    order = list("abcdef")
    assert groups(order, todo(*(Candidate(k, ALL, 1) for k in order))) == [
        ("a", "b", "c"), ("d", "e", "f"),
    ]  # fmt: skip
    assert groups(["a", "b"], todo(Candidate("a", ALL, 1), Candidate("b", ALL, 1))) == [
        ("a",), ("b",),
    ]  # fmt: skip


def test_long_films_go_alone() -> None:
    order = list("abcd")
    films = todo(*(Candidate(k, ALL, 50 * MINUTE) for k in order))
    assert groups(order, films) == [("a",), ("b",), ("c",), ("d",)]


def test_a_range_never_covers_what_is_not_wanted() -> None:
    order = list("abcdef")
    wanted = todo(*(Candidate(k, ALL, 1) for k in "abdef"))
    assert groups(order, wanted) == [("a", "b"), ("d", "e", "f")]


def test_what_was_tried_before_goes_alone() -> None:
    order = list("abcde")
    wanted = todo(*(Candidate(k, ALL, 1, tried=k == "c") for k in order))
    assert groups(order, wanted) == [("a", "b"), ("c",), ("d", "e")]


def test_a_run_has_one_set_of_stages() -> None:
    order = list("abcd")
    wanted = todo(*(Candidate(k, ALL if k in "ab" else SPEECH, 1) for k in order))
    found = list(batches(order, wanted))
    assert [batch.fingerprints for batch in found] == [("a", "b"), ("c", "d")]
    assert found[1].stages == (Stage.AUDIO, Stage.TRANSCRIPT)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, ALL, SPEECH]), st.integers(0, 2 * MAX_BATCH_MS), st.booleans()
        ),
        max_size=60,
    )
)
def test_every_candidate_is_in_one_run_of_neighbours(
    drawn: list[tuple[frozenset[Stage] | None, int, bool]],
) -> None:
    order = [f"{number:03}" for number in range(len(drawn))]
    wanted = todo(
        *(
            Candidate(key, stages, duration, tried)
            for key, (stages, duration, tried) in zip(order, drawn, strict=True)
            if stages
        )
    )
    found = list(batches(order, wanted))
    assert [key for batch in found for key in batch.fingerprints] == list(wanted)
    for batch in found:
        start = order.index(batch.first)
        assert tuple(order[start : start + len(batch.fingerprints)]) == batch.fingerprints
        assert len(batch.fingerprints) <= MAX_BATCH
        members = [wanted[key] for key in batch.fingerprints]
        assert {member.stages for member in members} == {frozenset(batch.stages)}
        assert len(members) == 1 or not any(member.tried for member in members)
        assert len(members) == 1 or sum(m.duration_ms for m in members) <= MAX_BATCH_MS
