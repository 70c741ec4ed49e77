from __future__ import annotations

import open_clip
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gaze_pipeline.models.clip_tokens import tokenize

REFERENCE = open_clip.SimpleTokenizer()
ODD = st.sampled_from(
    [
        *("'s", "'LL", "'ſ", "&amp;amp;", "&lt;", "</w>", "<start_of_text>", "<END_of_text>"),
        *(
            "don’t",
            "schÃ¶n",
            "â€™",
            "ﬁ",
            "İ",
            "ẞ",
            "Ⅷ",
            "１２",
            "日本語",
            "собака",
            "👍🏽",
            "e\u0301",
        ),
        *("\u3000", "\x00"),
    ]
)
TEXTS = st.lists(ODD | st.text(max_size=20), max_size=12).map("".join)


@given(TEXTS)
@example("")
@example("two cups of coffee on a table " * 40)
@example("a" * 300)
def test_numbers_equal_those_of_open_clip_itself(text: str) -> None:
    assert padded(tokenize(text, 77), 77) == REFERENCE([text])[0].tolist()


@pytest.mark.parametrize("context_length", [2, 3, 8, 77])
def test_a_text_is_cut_at_the_context_length(context_length: int) -> None:
    long = "a very long text about a dog " * 20
    assert tokenize(long, context_length) == REFERENCE([long], context_length)[0].tolist()


def padded(numbers: list[int], length: int) -> list[int]:
    return numbers + [0] * (length - len(numbers))
