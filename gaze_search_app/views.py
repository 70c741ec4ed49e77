"""What the player and the results show of a moment: plain values, made from the search's own models."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import urlencode

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.formats import clock, count, duration, span
from gaze_pipeline.names import readable
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_search_app.address import Address
from gaze_search_app.search.model import (
    ChannelCoverage,
    Copy,
    Coverage,
    LineFoundBy,
    Moment,
    Reading,
)
from gaze_search_app.search.tokens import tidy

LABELS_SHOWN = 4
BY_MEANING = "by meaning"
FILM_FRAMES = 60


def thumbnail_url(fingerprint: str, frame_index: int | None) -> str | None:
    """Where the page gets a sampled frame."""
    return None if frame_index is None else f"/thumbnails/{fingerprint}/{frame_index}.jpg"


def moment_view(moment: Moment, asked: Collection[str] = ()) -> dict[str, Any]:
    """A moment as the results show it; `asked` are the labels filtered by."""
    path = PurePath(readable(moment.path))
    labels = sorted(moment.labels, key=lambda label: label not in asked)[:LABELS_SHOWN]
    return {
        "fingerprint": moment.fingerprint,
        "title": path.name,
        "folder": str(path.parent),
        "libraries": moment.libraries,
        "start_ms": moment.start_ms,
        "end_ms": moment.end_ms,
        "when": span(moment.start_ms, moment.end_ms),
        "poster": thumbnail_url(moment.fingerprint, moment.frame_index),
        "snippet": moment.snippet,
        "marks": moment.marks,
        "why": BY_MEANING if moment.by is LineFoundBy.MEANING else "",
        "seen": "Seen in the picture",
        "text": moment.text,
        "text_marks": moment.text_marks,
        "boxes": [box.model_dump() for box in moment.boxes],
        "labels": [{"name": label, "asked": label in asked} for label in labels],
        "score": moment.score,
        "confidence": moment.confidence.value,
        "evidence": _evidence(moment),
        "like": like_url(moment),
        "copies": [_copy(copy) for copy in moment.copies],
        "parts": [{"name": piece.part, "when": clock(piece.start_ms)} for piece in moment.evidence],
    }


def hit_view(moment: Moment) -> dict[str, Any]:
    """A moment as the timeline of its video marks it."""
    return {
        "fingerprint": moment.fingerprint,
        "start_ms": moment.start_ms,
        "end_ms": moment.end_ms,
    }


def like_url(moment: Moment) -> str | None:
    """The search for moments that look like one."""
    if moment.frame_ms is None:
        return None
    return f"/?{urlencode({'like': f'{moment.fingerprint}@{moment.frame_ms}'})}"


def recent_view(address: Address) -> dict[str, str]:
    """A search as the browser keeps it."""
    return {"query": address.query, "filters": address.filters, "address": address.link}


def _copy(copy: Copy) -> dict[str, Any]:
    path = PurePath(readable(copy.path))
    return {
        "title": path.name,
        "path": str(path),
        "when": clock(copy.start_ms),
        "url": f"/video?v={copy.fingerprint}&t={copy.start_ms}",
        "original": copy.original,
    }


def _evidence(moment: Moment) -> str:
    channels = {
        "spoken": moment.speech_score,
        "seen": moment.visual_score,
        "on screen": moment.text_score,
    }
    parts = [f"{name} {score:.2f}" for name, score in channels.items() if score is not None]
    return ", ".join(parts) or "score"


def film(frames: Sequence[tuple[int, int]], fingerprint: str) -> list[dict[str, Any]]:
    """An even choice of a video's frames (index, ms) for a strip to jump by."""
    step = max(1, math.ceil(len(frames) / FILM_FRAMES))
    return [{"ms": ms, "url": thumbnail_url(fingerprint, index)} for index, ms in frames[::step]]


def reading_lines(typed: str, reading: Reading) -> list[str]:
    """How a query was read where that is not just as typed, and what there is to know about it."""
    lines = [] if reading.text == tidy(typed) else [f"Read as: {reading.text}"]
    return [*lines, *reading.notes]


def coverage_lines(coverage: Coverage) -> list[str]:
    """What was searched and what was not, of the channels that were asked for; alike ones in one sentence."""
    channels = {
        "Speech": coverage.transcript,
        "Meaning of speech": meaning_behind(coverage),
        "Pictures": coverage.visual,
        "Text on screen": coverage.text,
    }
    told: dict[str, list[str]] = {}
    for name, channel in channels.items():
        if channel and channel.asked:
            told.setdefault(_covered(channel), []).append(name)
    return [f"{listed(names)} {sentence}" for sentence, names in told.items()]


def unsearched(coverage: Coverage) -> bool:
    """Whether a channel that was asked for could not be searched at all."""
    channels = (coverage.transcript, coverage.visual, coverage.text)
    return any(channel.asked and not channel.searched for channel in channels)


def meaning_behind(coverage: Coverage) -> ChannelCoverage | None:
    """What is covered of the meaning of speech, where that is less than of its words."""
    behind = coverage.meaning.videos < coverage.transcript.videos
    return coverage.meaning if behind else None


def listed(names: Sequence[str]) -> str:
    """Names as they begin a sentence: `Speech, pictures and text on screen`."""
    *most, last = [names[0], *(name[0].lower() + name[1:] for name in names[1:])]
    return f"{', '.join(most)} and {last}" if most else last


def _covered(channel: ChannelCoverage) -> str:
    if not channel.searched:
        return f"not searched: {_why(channel.reason)}"
    if channel.videos == channel.videos_total:
        total = count(channel.videos, "video")
        return f"searched in all of {total} ({duration(channel.duration_ms)})"
    return (
        f"searched in {channel.videos} of {count(channel.videos_total, 'video')} "
        f"({duration(channel.duration_ms)} of {duration(channel.duration_total_ms)})"
    )


def video_view(video: VideoRow, start_ms: int = 0) -> dict[str, Any]:
    """A whole video as the player shows it, opened at a place."""
    start_ms = min(start_ms, max(video.duration_ms - 1, 0))
    return {
        "fingerprint": video.fingerprint,
        "title": readable(video.path.name),
        "folder": readable(video.path.parent),
        "start_ms": start_ms,
        "end_ms": start_ms,
        "when": duration(video.duration_ms),
        "poster": None,
    }


def _why(reason: str | None) -> str:
    code = ErrorCode.__members__.get(reason or "")
    return f"{code.name}. {code.remedy}" if code else reason or "not asked for"
