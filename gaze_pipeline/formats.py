"""How times, sizes and counts are written, on the pages and on the terminal."""

from __future__ import annotations


def clock(ms: int) -> str:
    """A place in a video: `0:07`, `12:34`, `1:02:03`."""
    seconds = max(ms, 0) // 1000
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def length(ms: int) -> str:
    """How long a video is, rounded, which a place in it is not: `0:13`."""
    return clock(round(ms, -3))


def span(start_ms: int, end_ms: int) -> str:
    """A stretch of a video; a single place where it is shorter than a second."""
    start, end = clock(start_ms), clock(end_ms)
    return start if start == end else f"{start} – {end}"


def duration(ms: int) -> str:
    """A length in words: `42 s`, `12 min`, `3.5 h`."""
    if ms < 60_000:
        return f"{round(ms / 1000)} s"
    if ms < 3_600_000:
        return f"{round(ms / 60_000)} min"
    return f"{ms / 3_600_000:.1f} h"


def size(count: int) -> str:
    """A number of bytes in decimal units."""
    value, units = float(count), ("B", "kB", "MB", "GB", "TB")
    for unit in units:
        if value < 1000 or unit == units[-1]:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 video`, `5 videos`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def ago(seconds: float) -> str:
    """How long ago: `just now`, `5 min ago`, `3 h ago`, `12 days ago`."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 172_800:
        return f"{int(seconds // 3600)} h ago"
    return f"{int(seconds // 86_400)} days ago"
