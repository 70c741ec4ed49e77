"""Originals and their copies, out of pairs of videos that share content."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

AS_LONG_MS, AS_LONG_SHARE = 1000, 0.01
"""Videos that differ by no more, in ms or as a share, are of one length: encoders round."""


@dataclass(frozen=True)
class Pair:
    """Two videos that share content: t ms in the shorter one are t + `offset_ms` in the longer one.

    It lies from `start_ms` to `end_ms` of the shorter one.
    """

    longer: str
    shorter: str
    offset_ms: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Quality:
    """What tells which of several videos is best: the longest, then the sharpest, then the oldest."""

    duration_ms: int
    pixels: int
    bitrate: float
    recorded_at: float


@dataclass(frozen=True)
class Copy:
    """A video that shares content with an original: t ms in it are t + `offset_ms` there.

    The content lies from `start_ms` to `end_ms` of the copy.
    """

    fingerprint: str
    offset_ms: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Family:
    """The best original, and its copies, those that share most first."""

    original: str
    copies: tuple[Copy, ...]


def families(pairs: Collection[Pair], qualities: Mapping[str, Quality]) -> list[Family]:
    """Every original with its copies, each video in one family; the most copied first."""
    met: dict[str, dict[str, Copy]] = {}
    for pair in pairs:
        if pair.longer in qualities and pair.shorter in qualities:
            shorter = Copy(pair.shorter, pair.offset_ms, pair.start_ms, pair.end_ms)
            met.setdefault(pair.longer, {})[pair.shorter] = shorter
            met.setdefault(pair.shorter, {})[pair.longer] = _turned(pair)
    left = set(met)
    found = []
    while left:
        original = _best(left, qualities)
        copies = _reached(original, met, left)
        left -= {original, *(copy.fingerprint for copy in copies)}
        if copies:
            order = sorted(copies, key=lambda c: (c.start_ms - c.end_ms, c.fingerprint))
            found.append(Family(original, tuple(order)))
    return sorted(found, key=lambda family: (-len(family.copies), family.original))


def _turned(pair: Pair) -> Copy:
    """The longer video as a copy of the shorter one."""
    start, end = pair.start_ms + pair.offset_ms, pair.end_ms + pair.offset_ms
    return Copy(pair.longer, -pair.offset_ms, start, end)


def _best(among: Collection[str], qualities: Mapping[str, Quality]) -> str:
    longest = max(qualities[one].duration_ms for one in among)
    shortest = longest - max(AS_LONG_MS, AS_LONG_SHARE * longest)
    as_long = [one for one in among if qualities[one].duration_ms >= shortest]
    return min(
        as_long,
        key=lambda one: (
            -qualities[one].pixels,
            -qualities[one].bitrate,
            qualities[one].recorded_at,
            one,
        ),
    )


def _reached(
    original: str, met: Mapping[str, Mapping[str, Copy]], among: Collection[str]
) -> list[Copy]:
    """The copies of an original, and the copies of these as far as they hold content of it."""
    found: dict[str, Copy] = {}
    frontier = {original: None}
    while frontier:
        later: dict[str, None] = {}
        for here in frontier:
            for name, copy in met[here].items():
                if name in found or name == original or name not in among:
                    continue
                through = _through(found[here], copy) if here in found else copy
                if through.end_ms > through.start_ms:
                    found[name] = through
                    later[name] = None
        frontier = later
    return list(found.values())


def _through(middle: Copy, copy: Copy) -> Copy:
    """The copy of a copy, as a copy of its original."""
    return replace(
        copy,
        offset_ms=middle.offset_ms + copy.offset_ms,
        start_ms=max(copy.start_ms, middle.start_ms - copy.offset_ms),
        end_ms=min(copy.end_ms, middle.end_ms - copy.offset_ms),
    )
