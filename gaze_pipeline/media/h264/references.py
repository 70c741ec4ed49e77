"""Which pictures each H.264 picture may be built on (ITU-T H.264, 8.2.1, 8.2.4 and 8.2.5)."""

from __future__ import annotations

from dataclasses import dataclass

from gaze_pipeline.media.h264.headers import B, Slice
from gaze_pipeline.media.h264.units import Packed, Parsed, Parser


@dataclass(slots=True, eq=False)
class Picture:
    """A picture before it is decoded.

    `references` are those without which it may not be decoded; where `vital`, no decoder can do without it
    itself. `referred` tells that others may refer to it, `afresh` that it and all after it can be decoded by
    a decoder that knows of nothing before but the extradata.
    """

    referred: bool
    vital: bool = False
    afresh: bool = False
    frame_number: int = 0
    order: int = 0
    references: frozenset[Picture] = frozenset()


class References:
    """Follows what a decoder keeps for reference, picture by picture in decoding order.

    Once anything is met that is not understood (fields, long-term references, a gap) all are vital until the
    next picture that starts afresh. `kept` are the pictures that later ones may refer to, the latest first.
    """

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.kept: list[Picture] = []
        self._lost = True
        self._number = 0
        self._order = 0, 0  # the upper and the lower part of the last reference's place
        self._offset = 0

    def restart(self) -> None:
        """Decoding begins afresh at the next picture."""
        self.kept = []
        self._lost = True

    def take(self, packet: Packed, wanted: bool) -> Picture:
        """The next picture in decoding order. Nothing is told of one neither wanted nor referred to."""
        try:
            parsed = self._parser.parse(packet, wanted)
            if parsed is None:
                return Picture(referred=False)
            if parsed.head.idr:
                self._begin()
            if not self._lost:
                return self._understood(parsed)
        except (ValueError, KeyError, IndexError):
            self._lost = True
        # The first that is not understood holds on to all that is kept, for those after it as well.
        picture = Picture(referred=True, vital=True, references=frozenset(self.kept))
        self.kept = []
        return picture

    def _begin(self) -> None:
        self.kept = []
        self._lost = False
        self._number = self._offset = 0
        self._order = 0, 0

    def _understood(self, parsed: Parsed) -> Picture:
        head = parsed.head
        most = head.sequence.frame_numbers
        if head.frame_number not in (self._number, (self._number + 1) % most):
            raise ValueError("a gap")
        order = self._place(head)
        lists = (self._list(one, order, side) for one in parsed.slices for side in (0, 1))
        references = frozenset(picture for chosen in lists for picture in chosen)
        vital = parsed.tells or head.idr
        afresh = head.idr and parsed.complete and not head.discarding
        picture = Picture(head.referred, vital, afresh, head.frame_number, order, references)
        if head.referred:
            self._keep(head, picture)
        return picture

    def _place(self, head: Slice) -> int:
        """The picture's place in the order of display (8.2.1)."""
        if head.sequence.order_bits is None:
            wrapped = head.frame_number < self._number
            offset = self._offset + head.sequence.frame_numbers * wrapped
            if head.referred:
                self._offset = offset
            return 2 * (offset + head.frame_number) - (not head.referred)
        upper, lower = self._order
        wrap = 1 << head.sequence.order_bits
        if head.order < lower and lower - head.order >= wrap // 2:
            upper += wrap
        elif head.order > lower and head.order - lower > wrap // 2:
            upper -= wrap
        if head.referred:
            self._order = upper, head.order
        return upper + head.order + min(0, head.below)

    def _list(self, one: Slice, order: int, side: int) -> list[Picture]:
        """What a slice may refer to; of one that knows two directions, on either side (8.2.4)."""
        count = one.active[side]
        if not count:
            return []
        chosen = self._both_ways(order, side) if one.kind == B else self._latest_first(one)
        del chosen[count:]
        number = one.frame_number
        for place, back in enumerate(one.changes[side]):
            number = (number - back) % one.sequence.frame_numbers
            found = next((kept for kept in self.kept if kept.frame_number == number), None)
            if found is None:
                raise ValueError("a reference that is not kept")
            chosen[place:] = [found, *(other for other in chosen[place:] if other is not found)]
        return chosen[:count]

    def _latest_first(self, one: Slice) -> list[Picture]:
        return sorted(self.kept, key=lambda kept: -_unwrapped(kept, one))

    def _both_ways(self, order: int, side: int) -> list[Picture]:
        earlier = sorted((k for k in self.kept if k.order < order), key=lambda k: -k.order)
        later = sorted((k for k in self.kept if k.order >= order), key=lambda k: k.order)
        if side == 0:
            return earlier + later
        chosen = later + earlier
        if len(chosen) > 1 and not (earlier and later):
            chosen[:2] = chosen[1::-1]
        return chosen

    def _keep(self, head: Slice, picture: Picture) -> None:
        """Keep a picture for reference, and forget others (8.2.5)."""
        if head.idr:
            self.kept = []
        elif head.forgotten is not None:
            most = head.sequence.frame_numbers
            gone = {(head.frame_number - back) % most for back in head.forgotten}
            self.kept = [kept for kept in self.kept if kept.frame_number not in gone]
        elif len(self.kept) >= max(1, head.sequence.references):
            self.kept.remove(min(self.kept, key=lambda kept: _unwrapped(kept, head)))
        self.kept.insert(0, picture)
        self._number = head.frame_number


def _unwrapped(kept: Picture, current: Slice) -> int:
    """A kept picture's frame number on a scale on which all are before the current one's."""
    later = kept.frame_number > current.frame_number
    return kept.frame_number - current.sequence.frame_numbers * later
