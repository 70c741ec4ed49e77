"""What a query names, and which characters of a line it marks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_search_app.search.query import named_labels, parse
from gaze_search_app.search.snippet import marks

COCO = [
    "person",
    "dog",
    "bus",
    "knife",
    "mouse",
    "hot dog",
    "dining table",
    "traffic light",
    "sheep",
]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a dog", {"dog"}),
        ("Dogs on the street", {"dog"}),
        ("two people", {"person"}),
        ("buses and knives", {"bus", "knife"}),
        ("mice", {"mouse"}),
        ("hot dogs", {"hot dog", "dog"}),
        ("dinner on a dining table", {"dining table"}),
        ("tables", set()),
        ("light traffic", set()),
        ("TRAFFIC LIGHTS", {"traffic light"}),
        ("dogma", set()),
        ("sheep", {"sheep"}),
        ("", set()),
    ],
)
def test_labels_named_in_singular_or_plural(text: str, named: set[str]) -> None:
    assert named_labels(text, COCO) == named


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_an_empty_query_is_refused(text: str) -> None:
    with pytest.raises(GazeError) as raised:
        parse(text, {"en"})
    assert raised.value.code is ErrorCode.QUERY_EMPTY


def marked(text: str, query: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in marks(text, language, parse(query, {language}).words)]


@pytest.mark.parametrize(
    ("text", "query", "language", "expected"),
    [
        ("He runs; they were running.", "run", "en", ["runs", "running"]),
        ("Ein Café, das cafe", "café", "de", ["Café", "cafe"]),
        ("我们去中国吃饭", "中国", "zh", ["中国"]),
        ("我们去中国吃饭", "中国吃", "zh", ["中国吃"]),
        ("我们去中国吃饭", "中", "zh", ["中"]),
        ("COVID-19 and 19", "covid-19", "en", ["COVID", "19", "19"]),
        ("I don't", "dont", "en", ["don't"]),
        ("nothing here", "fox", "en", []),
    ],
)
def test_marks_cover_the_words_that_match(
    text: str, query: str, language: str, expected: list[str]
) -> None:
    assert marked(text, query, language) == expected


@given(st.text(max_size=50), st.text(min_size=1, max_size=20).filter(str.strip))
def test_marks_are_ranges_in_order_that_do_not_touch(text: str, query: str) -> None:
    found = marks(text, "en", parse(query, {"en"}).words)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))


@given(st.text(min_size=1, max_size=50).filter(str.strip))
def test_a_text_is_marked_by_itself(text: str) -> None:
    query = parse(text, {"en"})
    assert bool(marks(text, "en", query.words)) == bool(query.words)


def test_a_word_and_its_ending_are_marked_as_one() -> None:
    assert marked("A cat's whiskers", "cats") == ["cat's"]
