"""How spoken lines score."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gaze_search_app.search.hits import SpeechHit
from gaze_search_app.search.transcript import SpeechScale, telling, trimmed

SCALE = SpeechScale((0.1, 2.0, 3.0))
HITS = st.builds(
    lambda words, bm25: SpeechHit("a", 0, 1000, tuple(sorted(words)), bm25),
    st.sets(st.integers(0, 2), min_size=1),
    st.floats(0.01, 1),
)


@given(st.lists(HITS, max_size=6))
def test_scores_stay_within_bounds(hits) -> None:
    assert 0 <= SCALE.score(hits) <= 1


@given(st.lists(HITS, max_size=6), HITS)
def test_a_further_line_never_lowers_a_moment(hits, more) -> None:
    assert SCALE.score([*hits, more]) >= SCALE.score(hits)


@given(st.lists(HITS, max_size=6), st.randoms())
def test_the_order_of_lines_does_not_matter(hits, random) -> None:
    score = SCALE.score(hits)
    random.shuffle(hits)
    assert SCALE.score(hits) == score


def test_a_poor_best_stays_poor() -> None:
    assert SCALE.score([SpeechHit("a", 0, 1, (0,), 1.0)]) < 0.1
    assert SCALE.score([SpeechHit("a", 0, 1, (0, 1, 2), 1.0)]) == 1


def test_a_common_word_alone_is_dropped_beside_a_real_match() -> None:
    common = SpeechHit("a", 0, 1, (0,), 0.9)
    real = SpeechHit("a", 5, 6, (1, 2), 1.0)
    assert telling([common, real], SCALE) == [real]
    assert telling([common], SCALE) == [common]


def test_a_moment_begins_where_what_was_asked_for_is_said() -> None:
    def line(at: int, *words: int) -> SpeechHit:
        return SpeechHit("a", at, at + 1, words, 1.0)

    passing, real, after = line(0, 1), line(1, 1, 2), line(2, 0)
    assert trimmed([passing, real, after], SCALE) == [real, after]  # the last one adds a word
    assert trimmed([passing], SCALE) == [passing]
    assert trimmed([real, line(3, 1, 2)], SCALE) == [real, line(3, 1, 2)]
