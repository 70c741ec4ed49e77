from __future__ import annotations

import numpy as np
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


@given(st.lists(TEXTS, max_size=4))
@example(["", "two cups of coffee on a table " * 40, "a" * 300])
def test_numbers_equal_those_of_open_clip_itself(texts: list[str]) -> None:
    padded = np.zeros((len(texts), 77), np.int64)
    tokens = tokenize(texts, 77)
    padded[:, : tokens.shape[1]] = tokens

    expected = REFERENCE(texts).numpy() if texts else padded
    np.testing.assert_array_equal(padded, expected)


@pytest.mark.parametrize("context_length", [2, 3, 8, 77])
def test_a_text_is_cut_at_the_context_length(context_length: int) -> None:
    long = "a very long text about a dog " * 20
    expected = REFERENCE([long], context_length).numpy()
    np.testing.assert_array_equal(tokenize([long], context_length), expected)
