"""What happens together, and one after the other, over a published library."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import Moment, SearchRequest, SearchResponse
from tests.support.synthetic import Film, Line, SyntheticRoot

Open = Callable[..., Engine]
A, B, C = "a" * 16, "b" * 16, "c" * 16
DOG, CAR, CAKE = 7, 8, 6


def search(engine: Engine, query: str, **request: object) -> SearchResponse:
    return engine.search(SearchRequest.model_validate({"query": query, **request}))


def told(moments: list[Moment]) -> list[tuple[str, int, int]]:
    return sorted((m.fingerprint[0], m.start_ms, m.end_ms) for m in moments)


def frames(root: SyntheticRoot, count: int, shown: dict[int, int]) -> np.ndarray:
    """One frame every 2 s: topics by index, other things in between."""
    topics = [shown.get(index, 10 + index % 20) for index in range(count)]
    return root.near_topics(topics, spread=0.1)


@pytest.fixture
def engine(root: SyntheticRoot, published: Open) -> Engine:
    song = Line(21_000, 24_000, "happy birthday to you")
    return published(
        Film(
            A,
            [song, Line(70_000, 71_000, "happy birthday")],
            frames(root, 50, {11: CAKE, 20: CAKE}),
        ),
        Film(B, [song], frames(root, 50, {20: DOG, 25: CAR, 40: DOG, 48: CAR})),
        Film(
            C,
            [Line(4000, 5000, "hello there")],
            frames(root, 50, {3: DOG, 4: DOG, 10: CAR, 20: CAKE}),
            labels={2: ["person"], 10: ["person", "car"], 30: ["car"]},
        ),
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('say:"happy birthday" with see:6', [("a", 21_000, 24_000)]),
        ('see:6 WITH "happy birthday"', [("a", 21_000, 24_000)]),
        ('say:"happy birthday" with see:9', []),
        ("see:7 then see:8", [("b", 39_000, 51_000), ("b", 79_000, 97_000), ("c", 5000, 21_000)]),
        ("see:7 then see:8 within 10s", [("b", 39_000, 51_000), ("c", 5000, 21_000)]),
        ("see:7 then see:8 within 8s", [("b", 39_000, 51_000)]),
        ("see:7 then see:8 within 7s", []),
        ("see:8 then see:7", [("b", 49_000, 81_000)]),
        ("say:hello then see:7 then see:8", [("c", 4000, 21_000)]),
        ("see:7 then see:8 then see:6", [("c", 5000, 41_000)]),
        ("label:person then label:car within 1m", [("c", 4000, 22_000)]),
        ("label:person with label:car", [("c", 20_000, 22_000)]),
        ("say:hello with label:person then see:8", [("c", 4000, 21_000)]),
        ("say:hello with see:7 with label:person", [("c", 4000, 8000)]),
        ("see:7 then see:8 library:nowhere", []),
        ("see:7 then see:8 -say:birthday within 1m", None),
    ],
)
def test_moments_span_all_parts(
    engine: Engine, query: str, expected: list[tuple[str, int, int]] | None
) -> None:
    moments = search(engine, query).moments
    if expected is not None:
        assert told(moments) == expected
    for moment in moments:
        assert moment.start_ms == min(piece.start_ms for piece in moment.evidence)
        assert moment.end_ms == max(piece.end_ms for piece in moment.evidence)


def test_the_evidence_names_each_part(engine: Engine) -> None:
    (moment,) = search(engine, 'say:"happy birthday" with see:6').moments
    said, seen = moment.evidence
    assert (said.part, seen.part) == ('say:"happy birthday"', "see:6")
    assert said.snippet is not None
    assert [said.snippet[start:end] for start, end in said.marks] == ["happy birthday"]
    assert (seen.frame_index, seen.start_ms, seen.end_ms) == (11, 21_000, 23_000)
    assert moment.score == pytest.approx((said.score + seen.score) / 2, abs=1e-5)
    assert (moment.snippet, moment.frame_index) == (said.snippet, 11)


def test_a_long_scene_is_cut_to_where_the_words_are(root: SyntheticRoot, published: Open) -> None:
    lines = [Line(20_000, 22_000, "happy birthday"), Line(120_000, 121_000, "happy birthday")]
    engine = published(
        Film(A, lines, root.near_topics([CAKE] * 90, spread=0.1)), Film(B, (), frames(root, 90, {}))
    )
    moments = search(engine, 'say:"happy birthday" with see:6').moments
    assert told(moments) == [("a", 16_000, 26_000), ("a", 116_000, 124_000)]


def test_pages_of_chains_are_pieces_of_the_whole(engine: Engine) -> None:
    whole = search(engine, "see:7 then see:8").moments
    pages = [search(engine, "see:7 then see:8", limit=1, offset=at).moments for at in range(3)]
    assert [moment for page in pages for moment in page] == whole
    scores = [moment.score for moment in whole]
    assert scores == sorted(scores, reverse=True)


def test_labels_chosen_beside_the_query_hold_for_the_whole_moment(engine: Engine) -> None:
    assert told(search(engine, "see:7 then see:8", labels=["person"]).moments) == [
        ("c", 5000, 21_000)
    ]


def test_coverage_is_of_the_channels_that_the_parts_use(engine: Engine) -> None:
    coverage = search(engine, "see:7 then see:8 library:films").coverage
    assert coverage.visual.searched
    assert not coverage.transcript.asked
    both = search(engine, "say:hello then see:7").coverage
    assert both.visual.searched
    assert both.transcript.searched
