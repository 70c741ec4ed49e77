"""The selection decodes enough for every wanted frame, and no group of pictures for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.media.schedule import Every, Listed
from gaze_pipeline.media.selection import Step, select

EVERY = 2000


@dataclass
class Coded:
    pts: int | None
    dts: int | None
    is_keyframe: bool
    size: int = 100
    duration: int | None = 40


@st.composite
def streams(draw: st.DrawFn) -> list[Coded]:
    """Packets in decoding order: groups of a keyframe, then P frames each with B frames before."""
    packets: list[Coded] = []
    now = draw(st.integers(0, 3000))
    for _ in range(draw(st.integers(1, 6))):
        shown = [now]
        for _ in range(draw(st.integers(0, 40))):
            shown.append(shown[-1] + draw(st.sampled_from([1, 20, 40, 40, 40, 700, 5000])))
        now = shown[-1] + draw(st.integers(1, 3000))
        order = [0]
        at = 1
        while at < len(shown):
            depth = min(draw(st.integers(0, 3)), len(shown) - 1 - at)
            order += [at + depth, *range(at, at + depth)]
            at += depth + 1
        # A frame is decoded no later than it is shown: three frames of delay at most.
        first = len(packets)
        packets += [Coded(shown[index], None, index == 0) for index in order]
        for place, packet in enumerate(packets[first:]):
            packet.dts = min(shown[max(0, place - 3)], packet.pts or 0) if place >= 3 else None
    last = 0
    for packet in reversed(packets):
        if packet.dts is not None:
            last = packet.dts if last == 0 else min(last, packet.dts)
            packet.dts = last
    return packets


def wanted(packets: list[Coded], every: int) -> set[int]:
    """The frames shown at the first frame's time and at every multiple of `every` thereafter."""
    times = sorted(packet.pts for packet in packets if packet.pts is not None)
    result = {times[0]}
    due = (times[0] // every + 1) * every
    while due <= times[-1]:
        result.add(max(time for time in times if time <= due))
        due += every
    return result


def steps_of(packets: list[Coded], every: int = EVERY) -> list[Step[Coded]]:
    return list(select(packets, Every(every), lambda pts: pts))


@given(streams(), st.sampled_from([20, 100, 500, 2000, 7000]))
def test_every_wanted_frame_is_decoded_with_all_it_depends_on(
    packets: list[Coded], every: int
) -> None:
    steps = steps_of(packets, every)
    sound: set[int] = set()
    position = {id(packet): place for place, packet in enumerate(packets)}
    expected = -1
    for step in steps:
        place = position[id(step.packet)]
        if step.restart:
            assert step.packet.is_keyframe
        else:
            assert place == expected + 1
        expected = place
        if not step.droppable:
            sound.add(step.packet.pts or 0)
    assert wanted(packets, every) <= sound


@given(streams())
def test_nothing_is_decoded_twice_and_order_is_kept(packets: list[Coded]) -> None:
    position = {id(packet): place for place, packet in enumerate(packets)}
    places = [position[id(step.packet)] for step in steps_of(packets)]
    assert places == sorted(set(places))


def test_short_groups_between_samples_are_left_out() -> None:
    packets = [Coded(at, at, at % 500 == 0) for at in range(0, 20_000, 50)]
    steps = steps_of(packets)
    wanted_alone = [step.packet.pts for step in steps if not step.droppable]
    assert wanted_alone == list(range(0, 20_000, 2000))


def test_a_group_is_read_only_up_to_the_wanted_frame() -> None:
    packets = [Coded(at, at, at % 1500 == 0) for at in range(0, 20_000, 50)]
    decoded = [step.packet.pts for step in steps_of(packets)]
    assert decoded[:12] == [0, *range(1500, 2001, 50)]


def test_only_the_groups_of_listed_times_are_read() -> None:
    packets = [Coded(at, at, at % 1000 == 0) for at in range(0, 20_000, 50)]
    steps = select(packets, Listed([3120, 3170, 15_000]), lambda pts: pts)
    assert [step.packet.pts for step in steps] == [*range(3000, 3151, 50), 15_000]


def test_packets_without_timestamps_are_all_decoded() -> None:
    packets = [Coded(None, None, place == 0) for place in range(50)]
    assert [step.packet for step in steps_of(packets)] == packets


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_waiting_packets_are_bounded(size: int) -> None:
    packets = [Coded(at, at, at == 0, size) for at in range(0, 600_000, 40)]
    taken = 0

    def counted() -> Iterator[Coded]:
        nonlocal taken
        for packet in packets:
            taken += 1
            yield packet

    for given_out, _ in enumerate(select(counted(), Every(500_000), lambda pts: pts), 1):
        assert (taken - given_out) * size <= (64 << 20) + size


def test_a_timestamp_that_lies_years_ahead_is_reached_at_once() -> None:
    century = 100 * 365 * 86_400_000
    packets = [Coded(at, at, True) for at in (0, 40, century, century + 2500)]
    assert [step.packet.pts for step in steps_of(packets)] == [0, 40, century]
