"""What `gaze duplicates` and the Library page tell of videos that share content."""

from __future__ import annotations

from dataclasses import dataclass

from gaze_pipeline.store.snapshot_reader import Snapshot


@dataclass(frozen=True)
class Held:
    """A video as it lies on the disk; `bytes` is the size of one of its files."""

    fingerprint: str
    paths: list[str]
    duration_ms: int
    width: int
    height: int
    bytes: int


@dataclass(frozen=True)
class CopyHeld:
    """A copy, and what it shares: `shared_ms`, from `start_ms` of it on.

    These are `of_copy` and `of_original` of the two (0..1). What is at t ms of the copy is at
    t + `offset_ms` of the original.
    """

    video: Held
    shared_ms: int
    of_copy: float
    of_original: float
    offset_ms: int
    start_ms: int


@dataclass(frozen=True)
class Group:
    """The best original and its copies."""

    original: Held
    copies: list[CopyHeld]

    @property
    def spare_bytes(self) -> int:
        """What the copies take up."""
        return sum(copy.video.bytes * len(copy.video.paths) for copy in self.copies)


def groups(snapshot: Snapshot) -> list[Group]:
    """Every original with its copies."""
    if not snapshot.families:
        return []
    held = _held(snapshot)
    found = []
    for family in snapshot.families:
        original = held[family.original]
        copies = []
        for copy in family.copies:
            video, shared = held[copy.fingerprint], copy.end_ms - copy.start_ms
            copies.append(
                CopyHeld(
                    video=video,
                    shared_ms=shared,
                    of_copy=min(shared / max(video.duration_ms, 1), 1.0),
                    of_original=min(shared / max(original.duration_ms, 1), 1.0),
                    offset_ms=copy.offset_ms,
                    start_ms=copy.start_ms,
                )
            )
        found.append(Group(original, copies))
    return found


def _held(snapshot: Snapshot) -> dict[str, Held]:
    rows = snapshot.rows(
        """SELECT fingerprint, list(path ORDER BY path), any_value(duration_ms),
                  coalesce(any_value(width), 0), coalesce(any_value(height), 0), max(size)
           FROM videos JOIN files USING (fingerprint)
           WHERE fingerprint IN (SELECT longer FROM copies UNION SELECT shorter FROM copies)
           GROUP BY fingerprint"""
    )
    return {row[0]: Held(*row) for row in rows}
