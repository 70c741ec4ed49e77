"""Reading and writing the headers of H.264 bit by bit (ITU-T H.264, 7.3.1 and 9.1)."""

from __future__ import annotations

import re

_ESCAPED = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class Bits:
    """The bits of a unit's payload, read from its start. Reading beyond the end raises ValueError."""

    def __init__(self, payload: bytes) -> None:
        self.text = format(int.from_bytes(b"\1" + payload), "b")[1:]
        self.at = 0

    def flag(self) -> bool:
        """One bit."""
        return self.number(1) == 1

    def number(self, bits: int) -> int:
        """A number of so many bits."""
        start = self.at
        self.at = start + bits
        if self.at > len(self.text):
            raise ValueError("a header ends early")
        return int(self.text[start : self.at] or "0", 2)

    def unsigned(self) -> int:
        """A number in Exp-Golomb code."""
        zeros = self.text.index("1", self.at) - self.at
        self.at += zeros
        return self.number(zeros + 1) - 1

    def signed(self) -> int:
        """A number in Exp-Golomb code that may be negative."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def unsigned(number: int) -> str:
    """A number in Exp-Golomb code, as text of 0 and 1."""
    code = format(number + 1, "b")
    return "0" * (len(code) - 1) + code


def packed(text: str) -> bytes:
    """Whole bytes of a text of 0 and 1, filled up with 0."""
    size = -(-len(text) // 8)
    return int(text.ljust(8 * size, "0") or "0", 2).to_bytes(size)


def unescaped(unit: bytes) -> bytes:
    """A unit without the bytes that keep start codes from turning up inside it."""
    return unit.replace(b"\0\0\3", b"\0\0")


def escaped(payload: bytes) -> bytes:
    """A unit with those bytes."""
    return _ESCAPED.sub(b"\0\0\3", payload)
