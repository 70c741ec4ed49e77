"""A packet of H.264 as its units and their headers (annex B, or ISO/IEC 14496-15 with lengths)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from gaze_pipeline.media.h264.bits import Bits, escaped, packed, unescaped, unsigned
from gaze_pipeline.media.h264.headers import (
    IDR,
    PARTITIONED,
    PICTURE,
    REFERRED,
    SEQUENCE,
    SLICE,
    PictureSet,
    Sequence,
    Slice,
    picture_set_of,
    sequence_of,
    slice_of,
)

Packed: TypeAlias = "bytes | memoryview"
Name: TypeAlias = "tuple[int, int | None]"
"""Type and number of a unit that holds for many pictures."""
_START = re.compile(rb"\x00\x00\x01")
_BY_LENGTH = 1
"""The first byte of a stream's extradata where units have their length before them."""
_HEAD = 160
"""Bytes of a slice that hold its header, nearly always."""
_BEYOND = 1 << 20
"""A macroblock that no picture has: at most there are 139,264 (table A-1)."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A picture's slices, of which there is one at least; `tells` where it carries what later ones need.

    `complete` where it carries all of that which was ever told otherwise than in the extradata.
    """

    slices: tuple[Slice, ...]
    tells: bool
    complete: bool

    @property
    def head(self) -> Slice:
        """Its first slice."""
        return self.slices[0]


class Parser:
    """Reads the headers of the packets of a stream whose extradata are given."""

    def __init__(self, extradata: bytes) -> None:
        told = extradata[:1] == bytes([_BY_LENGTH]) and len(extradata) > 6
        self._length = (extradata[4] & 3) + 1 if told else 0
        self._sequences: dict[int, Sequence] = {}
        self._picture_sets: dict[int, PictureSet] = {}
        units = _of_stream(extradata) if told else _by_start(memoryview(extradata))
        self._given = {self._learn(bytes(unit)): bytes(unit) for unit in units}
        self._changed: set[Name] = set()

    def parse(self, packet: Packed, wanted: bool) -> Parsed | None:
        """The headers of a packet; None where its picture is neither wanted nor referred to.

        Raises ValueError or KeyError where it is not one whole picture.
        """
        slices: list[Slice] = []
        told: set[Name] = set()
        for unit in self._units(packet):
            kind = unit[0] & 31
            if kind in (SLICE, IDR):
                if not (wanted or told or unit[0] & REFERRED):
                    return None
                slices.append(self._header(unit))
            elif kind in (SEQUENCE, PICTURE):
                name = self._learn(bytes(unit))
                told.add(name)
                if self._given.get(name) != bytes(unit):
                    self._changed.add(name)
            elif kind in PARTITIONED:
                raise ValueError("partitions")
        if [one.first for one in slices] != [True, *(False for _ in slices[1:])]:
            raise ValueError("not one whole picture")
        return Parsed(tuple(slices), tells=bool(told), complete=self._changed <= told)

    def hollow(self, packet: Packed) -> bytes:
        """A packet of nothing but a slice's header, whose macroblocks would lie beyond the picture."""
        unit = next(unit for unit in self._units(packet) if unit[0] & 31 in (SLICE, IDR))
        end = self._header(unit).end
        text = Bits(unescaped(bytes(unit[1 : end // 4 + 2]))).text[1:end]
        empty = bytes(unit[:1]) + escaped(packed(unsigned(_BEYOND) + text + "1"))
        if not self._length:
            return b"\0\0\0\1" + empty
        if len(empty) >> 8 * self._length:  # a length of one byte cannot tell it
            return bytes(packet)
        return len(empty).to_bytes(self._length) + empty

    def _units(self, packet: Packed) -> Iterator[memoryview]:
        view = memoryview(packet)
        return _by_length(view, self._length) if self._length else _by_start(view)

    def _learn(self, unit: bytes) -> Name:
        """Take in what holds for pictures to come."""
        number = None
        payload = unescaped(unit[1:])
        try:
            if unit[0] & 31 == SEQUENCE:
                number, sequence = sequence_of(payload)
                self._sequences[number] = sequence
            elif unit[0] & 31 == PICTURE:
                number, picture_set = picture_set_of(payload)
                self._picture_sets[number] = picture_set
        except ValueError:
            self._sequences.clear()  # nothing that is to come is understood
        return unit[0] & 31, number

    def _header(self, unit: memoryview) -> Slice:
        try:
            return self._header_in(unit[:_HEAD])
        except ValueError:
            return self._header_in(unit)

    def _header_in(self, unit: memoryview) -> Slice:
        payload = unescaped(bytes(unit[1:]))
        return slice_of(unit[0], payload, self._sequences, self._picture_sets)


def _of_stream(extradata: bytes) -> Iterator[memoryview]:
    """The units that hold for the whole stream, where units have their length before them."""
    view = memoryview(extradata)
    at = 5
    for mask in (31, 255):
        count = view[at] & mask if at < len(view) else 0
        at += 1
        for _ in range(count):
            start = at + 2
            at = start + int.from_bytes(view[at:start])
            if start < at <= len(view):
                yield view[start:at]


def _by_length(view: memoryview, length: int) -> Iterator[memoryview]:
    at = 0
    while at < len(view):
        start = at + length
        at = start + int.from_bytes(view[at:start])
        if at > len(view):
            raise ValueError("a unit longer than its packet")
        if at > start:
            yield view[start:at]


def _by_start(view: memoryview) -> Iterator[memoryview]:
    starts = [found.end() for found in _START.finditer(view)]
    ends = [start - 3 for start in starts[1:]] + [len(view)]
    for start, end in zip(starts, ends, strict=False):
        while end > start and view[end - 1] == 0:
            end -= 1
        if end > start:
            yield view[start:end]
