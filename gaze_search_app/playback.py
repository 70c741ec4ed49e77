"""How a video is played in the page: the file itself where browsers play it, else a converted stretch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.facts import MediaFacts
from gaze_pipeline.media.playability import Playability, PlayMode, playable
from gaze_pipeline.workspace import Workspace
from gaze_search_app.clip_cache import ClipCache, ClipKey

LEAD_MS = 2_000
STRETCH_MS = {PlayMode.TRANSCODE: 24_000, PlayMode.REMUX: 600_000}
STRETCH_MAX_MS = 60_000


@dataclass(frozen=True)
class Playback:
    """What the player loads.

    Its time 0 is `offset_ms` of the video; it reaches to `until_ms`, None for the whole video.
    `duration_ms` is the video's.
    """

    url: str
    offset_ms: int
    until_ms: int | None
    duration_ms: int


def present_file(workspace: Workspace, fingerprint: str) -> Path:
    """A file that holds the video now. Raises GazeError(VIDEO_UNKNOWN | FILE_NOT_FOUND)."""
    video = workspace.catalog.videos.get(fingerprint)
    if video is None:
        raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
    for file in video.files:
        if file.path.is_file():
            return file.path
    raise GazeError(ErrorCode.FILE_NOT_FOUND, video.path)


def prepare(
    workspace: Workspace,
    clips: ClipCache,
    fingerprint: str,
    start_ms: int,
    end_ms: int,
    convert: bool = False,
) -> Playback:
    """Make a stretch playable, which takes seconds where it is converted.

    `convert` asks for a conversion where the browser failed on the file. Raises GazeError:
    VIDEO_UNKNOWN, FILE_NOT_FOUND, and what the conversion raises.
    """
    path = present_file(workspace, fingerprint)
    facts = _facts(workspace, fingerprint, path)
    how = Playability(PlayMode.TRANSCODE, "", ".mp4") if convert else playable(facts)
    if how.mode is PlayMode.DIRECT:
        return Playback(f"/files/{fingerprint}", 0, None, facts.duration_ms)
    key = stretch(fingerprint, how, start_ms, end_ms, facts.duration_ms)
    clip = clips.clip(path, key)
    until = None if key.end_ms is None else key.end_ms
    return Playback(f"/clips/{key}", clip.offset_ms, until, facts.duration_ms)


def stretch(
    fingerprint: str, how: Playability, start_ms: int, end_ms: int, duration_ms: int
) -> ClipKey:
    """Which stretch to convert for a moment: a little before it and some of what follows.

    A short video is converted whole.
    """
    length = STRETCH_MS[how.mode]
    lead = 0 if duration_ms <= length else min(start_ms, duration_ms) - LEAD_MS
    start = max(0, lead) // 1000 * 1000
    end = max(start + length, min(end_ms, start + STRETCH_MAX_MS))
    return ClipKey(fingerprint, start, None if end >= duration_ms else end, how.mode, how.suffix)


def _facts(workspace: Workspace, fingerprint: str, path: Path) -> MediaFacts:
    """The stored facts of a video, or those of the file where there are none."""
    try:
        row = workspace.artifacts.read_facts(fingerprint).to_pylist()[0]
    except GazeError:
        return workspace.decoder.probe(path)
    return MediaFacts(**{field.name: row[field.name] for field in fields(MediaFacts)})
