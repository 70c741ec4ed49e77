"""Headers read bit by bit say what was written, and units keep what they hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.media.h264.bits import Bits, escaped, packed, unescaped, unsigned


@given(st.lists(st.integers(0, 2**40)))
def test_numbers_come_back(numbers: list[int]) -> None:
    bits = Bits(packed("".join(map(unsigned, numbers))))
    assert [bits.unsigned() for _ in numbers] == numbers


def test_signs_alternate() -> None:
    bits = Bits(packed("".join(map(unsigned, range(5)))))
    assert [bits.signed() for _ in range(5)] == [0, 1, -1, 2, -2]


@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 255]), max_size=30).map(bytes))
def test_a_unit_never_holds_a_start_code(payload: bytes) -> None:
    unit = escaped(payload + b"\x80")
    assert unescaped(unit) == payload + b"\x80"
    assert not any(code in unit for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))


def test_a_header_that_ends_early_is_refused() -> None:
    for read in (Bits(b"\0").unsigned, Bits(b"").flag):
        with pytest.raises(ValueError, match=r"."):
            read()
