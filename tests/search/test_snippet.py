"""Which characters of a line are marked."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_search_app.search.snippet import marks
from gaze_search_app.search.sounds import Sound, soft, strict
from gaze_search_app.search.syntax import Term


def words(text: str, language: str = "en") -> list[Sound]:
    return soft(Term(text), {language})


def phrase(text: str) -> list[Sound]:
    sound = strict([Term(text, quoted=True)], {"en"}, lambda _: frozenset())
    return [sound] if sound else []


def marked(text: str, query: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in marks(text, language, words(query, language))]


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
    found = marks(text, "en", words(query))
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))


@given(st.text(min_size=1, max_size=50).filter(str.strip))
def test_a_text_is_marked_by_itself(text: str) -> None:
    assert bool(marks(text, "en", words(text))) == bool(words(text))


def test_a_word_and_its_ending_are_marked_as_one() -> None:
    assert marked("A cat's whiskers", "cats") == ["cat's"]


@pytest.mark.parametrize(
    ("text", "quoted", "expected"),
    [
        ("A red car, the RED-Car.", "red car", ["red car", "RED-Car"]),
        ("a car, red and a red one", "red car", ["car", "red", "red"]),  # it goes on elsewhere
        ("about covid19, covid-19 and covid", "covid-19", ["covid19", "covid-19"]),
        ("I don’t know", "dont know", ["don’t know"]),
    ],
)
def test_a_phrase_is_marked_as_one(text: str, quoted: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in marks(text, "en", phrase(quoted))] == expected
