"""Phrases: what says them, word for word, and that lines are not ruled out wrongly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.store.text import index_tokens
from gaze_search_app.search.sounds import Phrase, strict
from gaze_search_app.search.syntax import Term

WORDS = st.sampled_from(
    [
        "covid-19",
        "covid19",
        "19",
        "don't",
        "dont",
        "Müller",
        "mueller",
        "café",
        "a",
        "b",
        "a-b",
        "ab",
    ]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)


def phrase(text: str, prefix: bool = False) -> Phrase:
    sound = strict([Term(text, quoted=True, prefix=prefix)], {"en"}, lambda _: frozenset())
    assert sound is not None
    (only,) = sound.phrases
    return only


@pytest.mark.parametrize(
    ("quoted", "text", "said"),
    [
        ("red car", "A Red, car!", True),
        ("red car", "a red old car", False),
        ("red car", "car red", False),
        ("covid 19 vaccine", "the COVID-19 vaccine", True),
        ("covid-19 vaccine", "the covid19 vaccine", True),
        ("covid19 vaccine", "the covid-19 vaccine", True),
        ("19 vaccine", "the covid-19 vaccine", True),
        ("covid vaccine", "the covid-19 vaccine", False),
        ("herr mueller", "Herr Müller", True),
        ("running man", "a run man", False),
        ("国吃", "我们去中国吃饭", True),
        ("國吃飯", "我们去中国吃饭", True),
        ("国饭", "我们去中国吃饭", False),
        ("영화를 봤", "3D 영화를 봤어요", True),
        ("ไปกิน", "เขาไปกินข้าว", True),
        ("כל הילדים", "כָּל הַיְלָדִים הלכו", True),
    ],
)
def test_a_phrase_is_said_word_for_word(quoted: str, text: str, said: bool) -> None:
    assert bool(phrase(quoted).places(text)) == said


@pytest.mark.parametrize(
    ("text", "said"), [("happy birthdays", True), ("happy birth", True), ("happy girth", False)]
)
def test_a_prefix_lets_the_last_word_go_on(text: str, said: bool) -> None:
    assert bool(phrase("happy birth", prefix=True).places(text)) == said


@given(TEXTS, TEXTS, TEXTS, st.booleans())
def test_a_phrase_is_said_by_any_text_around_it(before, quoted, after, prefix) -> None:
    text = f"{before} {quoted}, {after}"
    wanted = phrase(quoted, prefix)
    if len(wanted.elements) > 1:
        assert wanted.places(text)


@given(TEXTS, TEXTS, st.booleans(), st.integers(0, 40))
def test_no_line_that_says_a_phrase_is_ruled_out(text, quoted, prefix, cut) -> None:
    wanted = phrase(quoted, prefix)
    patterns = wanted.patterns()
    if patterns is None:
        return
    if wanted.places(text):
        assert re.search(patterns.whole, index_tokens(text, "en"))
    words = text.split()
    one, other = (" ".join(part) for part in (words[: cut % 9], words[cut % 9 :]))
    if any(start < len(one) < end for start, end in wanted.places(f"{one} {other}")):
        assert re.search(patterns.begun, index_tokens(one, "en"))
        assert re.search(patterns.ended, index_tokens(other, "en"))
