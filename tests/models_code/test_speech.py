from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.models.speech import LONGEST_S, SAMPLE_RATE, Stretch, find_speech, join

SECOND = SAMPLE_RATE

utterances = st.lists(
    st.tuples(st.integers(0, 5 * SECOND), st.integers(1, int(LONGEST_S) * SECOND)), max_size=30
).map(
    lambda steps: [
        (sum(map(sum, steps[:index])) + gap, sum(map(sum, steps[:index])) + gap + length)
        for index, (gap, length) in enumerate(steps)
    ]
)


@given(utterances)
def test_stretches_keep_every_utterance_and_stay_short(spoken: list[tuple[int, int]]) -> None:
    stretches = join(spoken)

    assert [part for stretch in stretches for part in stretch.utterances] == spoken
    assert all(stretch.seconds <= LONGEST_S for stretch in stretches)


@given(utterances.filter(bool), st.integers(0, 30 * SECOND))
def test_what_comes_after_a_moment_is_later_speech(
    spoken: list[tuple[int, int]], moment: int
) -> None:
    stretch = Stretch(tuple(spoken))
    cut = stretch.start + moment
    rest = stretch.after(cut)

    if rest is None:
        assert cut >= stretch.end
    else:
        assert rest.start >= min(cut, rest.start)
        assert rest.end == stretch.end


@given(utterances)
def test_halves_share_the_utterances(spoken: list[tuple[int, int]]) -> None:
    for stretch in join(spoken):
        halves = stretch.halves()
        if halves is None:
            assert len(stretch.utterances) == 1
        else:
            assert halves[0].utterances + halves[1].utterances == stretch.utterances


def test_long_pauses_part_stretches() -> None:
    stretches = join([(0, SECOND), (2 * SECOND, 3 * SECOND), (9 * SECOND, 10 * SECOND)])

    assert [(stretch.start, stretch.end) for stretch in stretches] == [
        (0, 3 * SECOND),
        (9 * SECOND, 10 * SECOND),
    ]


def test_silence_and_noise_hold_no_speech() -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, 5 * SECOND).astype(np.float32)

    assert find_speech(np.zeros(5 * SECOND, dtype=np.float32)) == []
    assert find_speech(noise) == []
    assert find_speech(np.zeros(0, dtype=np.float32)) == []
