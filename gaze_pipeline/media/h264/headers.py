"""The headers of H.264 as far as references depend on them (ITU-T H.264, 7.3.2 and 7.3.3).

Only pictures of whole frames are understood; whatever else there is raises ValueError.
"""

from __future__ import annotations

from dataclasses import dataclass

from gaze_pipeline.media.h264.bits import Bits

SLICE, IDR, SEQUENCE, PICTURE = 1, 5, 7, 8
"""Types of units."""
PARTITIONED = {2, 3, 4}
REFERRED = 0x60
"""The bits of a unit's first byte that tell whether others refer to it."""
P, B, I = 0, 1, 2  # noqa: E741 - the standard's names
_WITH_CHROMA = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}
"""Profiles whose sequences tell how colour is stored."""
_END = 3


@dataclass(frozen=True, slots=True)
class Sequence:
    """What holds for all pictures that name it."""

    frame_numbers: int
    """Frame numbers are counted up to here, then from 0 again."""
    order_bits: int | None
    """Of the display order's lower part; None where display order is that of decoding."""
    references: int
    """So many pictures are kept for reference."""
    colour: bool


@dataclass(frozen=True, slots=True)
class PictureSet:
    """What pictures that name it have in common."""

    sequence: int
    arithmetic: bool
    two_orders: bool
    references: tuple[int, int]
    weighted: bool
    weighted_both: bool
    filter_told: bool
    redundant: bool


@dataclass(frozen=True, slots=True)
class Slice:
    """The header of a slice; `end` is the bit of the payload where its data begins."""

    sequence: Sequence
    kind: int
    first: bool
    idr: bool
    discarding: bool
    """Whether pictures before it that are not shown yet never will be."""
    referred: bool
    frame_number: int
    order: int
    below: int
    """By how much the lower field's order is off."""
    active: tuple[int, int]
    """How many pictures it can refer to, in each direction."""
    changes: tuple[tuple[int, ...], tuple[int, ...]]
    """The pictures that come first in each list, by how far each lies back from the one before."""
    forgotten: tuple[int, ...] | None
    """Pictures that are no longer kept, by how far they lie back; None where the oldest goes by itself."""
    end: int


def sequence_of(payload: bytes) -> tuple[int, Sequence]:
    """A sequence's number and itself, from its unit's payload without the first byte."""
    bits = Bits(payload)
    profile = bits.number(8)
    bits.number(16)
    number = bits.unsigned()
    colour = True
    if profile in _WITH_CHROMA:
        chroma = bits.unsigned()
        colour = chroma != 0
        if chroma == 3 and bits.flag():
            raise ValueError("colour planes apart")
        bits.unsigned(), bits.unsigned(), bits.flag()
        if bits.flag():
            _pass_scaling(bits, 12 if chroma == 3 else 8)
    frame_numbers = 1 << _at_most(bits.unsigned() + 4, 16)
    order = bits.unsigned()
    if order == 1:
        raise ValueError("an order of display that follows a cycle")
    order_bits = _at_most(bits.unsigned() + 4, 16) if order == 0 else None
    references = _at_most(bits.unsigned(), 16)
    bits.flag(), bits.unsigned(), bits.unsigned()
    if not bits.flag():
        raise ValueError("fields")
    return number, Sequence(frame_numbers, order_bits, references, colour)


def picture_set_of(payload: bytes) -> tuple[int, PictureSet]:
    """A picture set's number and itself, from its unit's payload without the first byte."""
    bits = Bits(payload)
    number, sequence = bits.unsigned(), bits.unsigned()
    arithmetic, two_orders = bits.flag(), bits.flag()
    if bits.unsigned():
        raise ValueError("groups of slices")
    references = bits.unsigned() + 1, bits.unsigned() + 1
    weighted, weighted_both = bits.flag(), bits.number(2) == 1
    bits.signed(), bits.signed(), bits.signed()
    filter_told = bits.flag()
    bits.flag()
    return number, PictureSet(
        sequence,
        arithmetic,
        two_orders,
        references,
        weighted,
        weighted_both,
        filter_told,
        redundant=bits.flag(),
    )


def slice_of(
    unit: int, payload: bytes, sequences: dict[int, Sequence], pictures: dict[int, PictureSet]
) -> Slice:
    """The header of a slice from its unit's first byte and the payload after it, or as much as holds it."""
    bits = Bits(payload)
    idr, referred = unit & 31 == IDR, bool(unit & REFERRED)
    first, kind = bits.unsigned() == 0, bits.unsigned() % 5
    if kind > I:
        raise ValueError("a slice that switches")
    picture = pictures[bits.unsigned()]
    sequence = sequences[picture.sequence]
    frame_number = bits.number(sequence.frame_numbers.bit_length() - 1)
    if idr:
        bits.unsigned()
    order = below = 0
    if sequence.order_bits is not None:
        order = bits.number(sequence.order_bits)
        below = bits.signed() if picture.two_orders else 0
    if picture.redundant and bits.unsigned():
        raise ValueError("a redundant picture")
    if kind == B:
        bits.flag()
    active = picture.references
    if kind != I and bits.flag():
        active = bits.unsigned() + 1, bits.unsigned() + 1 if kind == B else 0
    active = active[0] * (kind != I), active[1] * (kind == B)
    changes = _changes(bits) if kind != I else (), _changes(bits) if kind == B else ()
    if (picture.weighted and kind == P) or (picture.weighted_both and kind == B):
        _pass_weights(bits, sum(active), sequence.colour)
    discarding = idr and referred and bits.flag()
    forgotten = _forgotten(bits, idr) if referred else None
    if picture.arithmetic and kind != I:
        bits.unsigned()
    bits.signed()
    if picture.filter_told and bits.unsigned() != 1:
        bits.signed(), bits.signed()
    return Slice(
        sequence=sequence,
        kind=kind,
        first=first,
        idr=idr,
        discarding=discarding,
        referred=referred,
        frame_number=frame_number,
        order=order,
        below=below,
        active=active,
        changes=changes,
        forgotten=forgotten,
        end=bits.at,
    )


def _at_most(number: int, most: int) -> int:
    if number > most:
        raise ValueError("a number that the standard does not allow")
    return number


def _changes(bits: Bits) -> tuple[int, ...]:
    changes = []
    if bits.flag():
        while (step := bits.unsigned()) != _END:
            if step > 1:
                raise ValueError("long-term references")
            by = bits.unsigned() + 1
            changes.append(-by if step else by)
    return tuple(changes)


def _forgotten(bits: Bits, idr: bool) -> tuple[int, ...] | None:
    if idr:
        if bits.flag():
            raise ValueError("long-term references")
        return None
    if not bits.flag():
        return None
    back = []
    while step := bits.unsigned():
        if step != 1:
            raise ValueError("long-term references")
        back.append(bits.unsigned() + 1)
    return tuple(back)


def _pass_weights(bits: Bits, references: int, colour: bool) -> None:
    bits.unsigned()
    if colour:
        bits.unsigned()
    for _ in range(references):
        if bits.flag():
            bits.signed(), bits.signed()
        if colour and bits.flag():
            bits.signed(), bits.signed(), bits.signed(), bits.signed()


def _pass_scaling(bits: Bits, lists: int) -> None:
    for index in range(lists):
        if not bits.flag():
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last
