from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.models.sentences import LONGEST_MS, Word, segments


def spoken(text: str, each_ms: int = 300, pauses: dict[int, int] | None = None) -> list[Word]:
    """The words of a text in even time; `pauses` adds silence before the word of that index."""
    words, clock = [], 0
    for index, word in enumerate(text.split()):
        clock += (pauses or {}).get(index, 0)
        words.append(Word(clock, clock + each_ms, f" {word}", 0.9))
        clock += each_ms
    return words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One here. Two there! Three?", ["One here.", "Two there!", "Three?"]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("Dr. Smith met J. R. Tolkien. Yes.", ["Dr. Smith met J. R. Tolkien.", "Yes."]),
        ("no full stop at all", ["no full stop at all"]),
        ("", []),
    ],
)
def test_sentences_end_where_they_end(text: str, expected: list[str]) -> None:
    assert [segment.text for segment in segments(spoken(text), "en")] == expected


def test_a_long_pause_ends_a_segment() -> None:
    found = segments(spoken("and then he came home late", pauses={3: 2000}), "en")

    assert [segment.text for segment in found] == ["and then he", "came home late"]
    assert (found[1].start_ms, found[1].end_ms) == (2900, 3800)


def test_scripts_without_spaces_are_joined_as_they_are() -> None:
    words = [Word(at * 200, at * 200 + 200, sign, 0.9) for at, sign in enumerate("你好。再见。")]

    assert [segment.text for segment in segments(words, "zh")] == ["你好。", "再见。"]


def test_a_long_sentence_is_cut_at_a_comma_near_its_middle() -> None:
    text = " ".join(["word"] * 26 + ["comma,"] + ["word"] * 30)

    found = segments(spoken(text), "en")

    assert [segment.text.endswith("comma,") for segment in found] == [True, False]


def test_confidence_is_the_mean_of_the_words() -> None:
    words = [Word(0, 100, " a", 0.5), Word(100, 200, " b", 0.5), Word(200, 300, " c.", 0.5)]

    assert segments(words, "en")[0].confidence == pytest.approx(0.5)


words_in_order = st.lists(
    st.tuples(
        st.sampled_from([" so", " well,", " yes.", " 3.5", "好", "。", " »end.»", " "]),
        st.integers(0, 3000),
        st.integers(20, 2000),
        st.floats(0, 1),
    ),
    max_size=60,
)


@given(words_in_order)
def test_no_word_is_lost_and_no_segment_too_long(
    given_words: list[tuple[str, int, int, float]],
) -> None:
    words, clock = [], 0
    for text, pause, length, probability in given_words:
        clock += pause
        words.append(Word(clock, clock + length, text, probability))
        clock += length

    found = segments(words, "en")

    kept = [word for segment in found for word in segment.words]
    assert [word for word in kept if word.text.strip()] == [w for w in words if w.text.strip()]
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(found))
    assert all(segment.end_ms - segment.start_ms <= LONGEST_MS for segment in found)
    assert all(0 <= segment.confidence <= 1 for segment in found)
