"""Leaving out the H.264 pictures that no wanted one is built on.

Encoders build hierarchies: of three pictures between two others the middle one is built on these, and the
other two on it (x264's b-pyramid, B frames as references in NVENC). It is marked as referred to, so no
decoder skips it. But where each picture refers to one other only (x264's fast presets, with which screens
and meetings are often recorded), nothing outside its group is built on it. What a slice can refer to at all
is told in its header (ITU-T H.264, 7.4.3), so the rest need not be decoded.

A picture left out must still be known: places in the lists of references are counted with it. So the
decoder is given its header with nothing to decode, and keeps an empty picture in its place. That took 35 %
of the processor time off a moving camera, and half off a talk (1080p, x264's veryfast); with three
references for each picture, as x264 has by itself, it gains nothing, and reading the headers costs 1 to 2
%.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from av.packet import Packet
from av.stream import Stream

from gaze_pipeline.media.h264.references import Picture, References
from gaze_pipeline.media.h264.units import Parser
from gaze_pipeline.media.selection import Step

Coded: TypeAlias = "Step[Packet[Stream]]"
Group: TypeAlias = "list[tuple[Coded, Picture]]"
"""Steps up to one whose picture may be wanted."""


def spared(steps: Iterable[Coded], extradata: bytes) -> Iterator[Coded]:
    """The steps of an H.264 stream, in decoding order, with those hollow or left out that are not needed.

    A group of steps is held back until the next one has been read: what that is built on is known then.
    """
    parser = Parser(extradata)
    references = References(parser)
    held: Group = []
    group: Group = []
    for step in steps:
        if step.restart:
            yield from _needed(held, (), parser)
            held = []
            references.restart()
        picture = references.take(memoryview(step.packet), not step.droppable)
        if picture.afresh and step.packet.pts is not None:
            step = replace(step, afresh=True)
        group.append((step, picture))
        if not step.droppable:
            yield from _needed(held, [*_wanted(group), *references.kept], parser)
            held, group = group, []
    yield from _needed(held, (), parser)


def _wanted(group: Group) -> list[Picture]:
    return [picture for step, picture in group if picture.vital or not step.droppable]


def _needed(group: Group, later: Sequence[Picture], parser: Parser) -> Iterator[Coded]:
    """A group without what neither is wanted itself nor needed for anything wanted, here or `later`."""
    found: set[Picture] = set()
    ends = [*_wanted(group), *later]
    while ends:
        picture = ends.pop()
        if picture not in found:
            found.add(picture)
            ends.extend(picture.references)
    for step, picture in group:
        if picture in found:
            yield step
        elif picture.referred:
            yield replace(step, packet=_hollow(step.packet, parser), hollow=True)
        picture.references = frozenset()  # else each would hold on to all before it


def _hollow(packet: Packet[Stream], parser: Parser) -> Packet[Stream]:
    hollow: Packet[Stream] = Packet(parser.hollow(memoryview(packet)))
    hollow.time_base = packet.time_base
    hollow.pts, hollow.dts, hollow.duration = packet.pts, packet.dts, packet.duration
    return hollow
