"""The same content in several videos is one moment: that of the best original, which names its copies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from gaze_pipeline.duplicates.families import Copy as Member
from gaze_pipeline.duplicates.families import Family
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.evidence import places
from gaze_search_app.search.hits import Interval
from gaze_search_app.search.model import Confidence, Copy
from gaze_search_app.search.timeline import Ranked


def collapsed(snapshot: Snapshot, ranked: Sequence[Ranked]) -> list[Ranked]:
    """The moments, of those that show the same content in several videos only one.

    It stands where the best of them stood, and is that of the original if that is among them.
    """
    members = _members(snapshot)
    if not members:
        return list(ranked)
    kept: list[Ranked] = []
    shown: dict[str, list[tuple[Interval, int]]] = {}
    for moment in ranked:
        if (known := members.get(moment.stretch.fingerprint)) is None:
            kept.append(moment)
            continue
        family, own = known
        there = _moved(moment.stretch, own.offset_ms)
        same = (at for span, at in shown.setdefault(family.original, []) if _same(span, there))
        at = next((at for at in same if _is_copy(kept[at], moment)), None)
        if at is None:
            shown[family.original].append((there, len(kept)))
            kept.append(moment)
        elif moment.stretch.fingerprint == family.original and _as_sure(moment, kept[at]):
            kept[at] = moment
    return kept


def copies_of(snapshot: Snapshot, moments: Sequence[Interval]) -> list[list[Copy]]:
    """For each moment where else its content is, the original first."""
    members = _members(snapshot)
    listed = [_elsewhere(members.get(moment.fingerprint), moment) for moment in moments]
    files = places(snapshot, {span.fingerprint for spans in listed for span in spans})
    return [
        [
            Copy(
                fingerprint=span.fingerprint,
                path=files[span.fingerprint].paths[0],
                start_ms=span.start_ms,
                end_ms=span.end_ms,
                original=members[span.fingerprint][0].original == span.fingerprint,
            )
            for span in spans
        ]
        for spans in listed
    ]


def _members(snapshot: Snapshot) -> dict[str, tuple[Family, Member]]:
    """Each video of a family, with the family and what of it the video holds."""
    return snapshot.once("members", partial(_listed, snapshot))


def _listed(snapshot: Snapshot) -> dict[str, tuple[Family, Member]]:
    found = {}
    for family in snapshot.families:
        whole = Member(family.original, 0, 0, 2**62)
        for member in (whole, *family.copies):
            found[member.fingerprint] = family, member
    return found


def _elsewhere(known: tuple[Family, Member] | None, moment: Interval) -> list[Interval]:
    if known is None:
        return []
    family, own = known
    there = _moved(moment, own.offset_ms)
    found = []
    if own.fingerprint != family.original and _within(own, moment):
        found.append(Interval(family.original, max(there.start_ms, 0), there.end_ms))
    for member in family.copies:
        start = max(there.start_ms - member.offset_ms, member.start_ms)
        end = min(there.end_ms - member.offset_ms, member.end_ms)
        if member.fingerprint != own.fingerprint and start < end and _within(own, moment):
            found.append(Interval(member.fingerprint, start, end))
    return found


def _within(member: Member, moment: Interval) -> bool:
    return moment.start_ms < member.end_ms and member.start_ms < moment.end_ms


def _moved(moment: Interval, offset_ms: int) -> Interval:
    """A moment on the clock of its original."""
    return Interval(
        moment.fingerprint,
        moment.start_ms + offset_ms,
        max(moment.end_ms, moment.start_ms + 1) + offset_ms,
    )


def _same(one: Interval, other: Interval) -> bool:
    """Whether half of the shorter one lies in the other."""
    shared = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
    shorter = min(one.end_ms - one.start_ms, other.end_ms - other.start_ms)
    return 2 * shared >= shorter


def _is_copy(kept: Ranked, moment: Ranked) -> bool:
    return kept.stretch.fingerprint != moment.stretch.fingerprint


def _as_sure(moment: Ranked, kept: Ranked) -> bool:
    return moment.confidence is not Confidence.WEAK or kept.confidence is Confidence.WEAK
