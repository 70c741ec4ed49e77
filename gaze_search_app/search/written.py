"""The channel of text on screen: lines found as those of speech are, in moments at which all are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search import transcript
from gaze_search_app.search.hits import FrameHit, Interval, TextHit, in_order
from gaze_search_app.search.model import Box
from gaze_search_app.search.moments import Stretch
from gaze_search_app.search.scope import Scope
from gaze_search_app.search.sounds import Sound
from gaze_search_app.search.transcript import SpeechScale

WINDOW_MS = 0
"""Lines of one screen share its time."""


def search(
    snapshot: Snapshot, sounds: Sequence[Sound], scope: Scope, labels: Collection[str]
) -> tuple[list[Stretch], SpeechScale]:
    """When the lines that hold enough of the sounds are shown, in videos that show any of these labels."""
    hits, scale = transcript.search(snapshot.written, sounds, scope, labels, WINDOW_MS)
    videos: dict[str, list[TextHit]] = {}
    for hit in hits:
        found = TextHit(hit.fingerprint, hit.start_ms, hit.end_ms, hit.words, hit.bm25, hit.line)
        videos.setdefault(hit.fingerprint, []).append(found)
    return in_order(s for lines in videos.values() for s in screens(lines, scale)), scale


def screens(lines: Iterable[TextHit], scale: SpeechScale) -> list[Stretch]:
    """The moments at which the lines of one video that together say most are on the screen at once.

    A title that stays for an hour must not stretch the moment of the line below it, nor join two of them.
    """
    left = sorted(
        lines,
        key=lambda hit: (-scale.coverage(hit.words), hit.end_ms - hit.start_ms, hit.start_ms),
    )
    found: list[Stretch] = []
    while left:
        seed = left[0]
        shown: Interval = seed
        held = set(seed.words)
        members = [seed]
        for hit in left[1:]:
            common = _common(shown, hit)
            if common is not None and not held.issuperset(hit.words):
                shown, held = common, held | set(hit.words)
                members.append(hit)
        with_them = [h for h in left if h not in members and _common(shown, h) is not None]
        members += [hit for hit in with_them if hit.start_ms <= shown.start_ms]
        left = [hit for hit in left if hit not in members and hit not in with_them]
        time = shown.fingerprint, shown.start_ms, shown.end_ms
        found.append(Stretch(*time, texts=tuple(sorted(members, key=lambda hit: hit.line))))
    return found


def attached(stretches: Sequence[Stretch], written: Sequence[Stretch]) -> list[Stretch]:
    """What is heard and seen, with what is written meanwhile; and what is written alone.

    Text stays on the screen for long: it supports what is said or seen, and does not stretch it. Where a
    scene goes on for longer still, the text is a moment of its own, with the frames that show it.
    """
    by_video: dict[str, list[Stretch]] = {}
    for screen in written:
        by_video.setdefault(screen.fingerprint, []).append(screen)
    used: set[Stretch] = set()
    within: dict[Stretch, list[FrameHit]] = {}
    joined = []
    for stretch in stretches:
        near = [s for s in by_video.get(stretch.fingerprint, ()) if _together(stretch, s)]
        brief = [] if stretch.lines else [s for s in near if 2 * _length(s) < _length(stretch)]
        for screen in brief:
            shown = (frame for frame in stretch.frames if _common(frame, screen))
            within.setdefault(screen, []).extend(shown)
        near = [screen for screen in near if screen not in brief]
        used.update(near)
        texts = tuple(dict.fromkeys(text for screen in near for text in screen.texts))
        joined.append(replace(stretch, texts=texts) if texts else stretch)
    alone = (screen for screen in written if screen not in used)
    return in_order([*joined, *(replace(s, frames=tuple(within.get(s, ()))) for s in alone)])


def outside(written: Sequence[Stretch], forbidden: Iterable[Interval]) -> list[Stretch]:
    """The moments that share no time with a forbidden one."""
    walls: dict[str, list[Interval]] = {}
    for wall in forbidden:
        walls.setdefault(wall.fingerprint, []).append(wall)
    return [
        screen
        for screen in written
        if not any(_common(screen, wall) for wall in walls.get(screen.fingerprint, ()))
    ]


def boxes(snapshot: Snapshot, lines: Collection[int]) -> dict[int, Box]:
    """Where some lines stand on the screen, by id."""
    if not lines:
        return {}
    listed = ", ".join(map(str, lines))
    rows = snapshot.rows(f"SELECT id, x, y, w, h FROM texts WHERE id IN ({listed})")
    return {line: Box(x=x, y=y, w=w, h=h) for line, x, y, w, h in rows}


def _common(one: Interval, other: Interval) -> Interval | None:
    start, end = max(one.start_ms, other.start_ms), min(one.end_ms, other.end_ms)
    return Interval(one.fingerprint, start, end) if start < end else None


def _length(one: Interval) -> int:
    return one.end_ms - one.start_ms


def _together(one: Stretch, other: Stretch) -> bool:
    """Whether half of the shorter lies in the other."""
    shared = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
    return 2 * shared >= max(1, min(_length(one), _length(other)))
