"""How a video is played in the page: the file itself where browsers play it, else a converted stretch."""

from __future__ import annotations

import stat
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.fingerprint import fingerprint as fingerprint_of
from gaze_pipeline.media.facts import MediaFacts
from gaze_pipeline.media.playability import Playability, PlayMode, playable
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.workspace import Workspace
from gaze_search_app.clip_cache import ClipKey

FIRST_MS = 4_000  # so little is converted before it plays
LONGEST_MS = {PlayMode.TRANSCODE: 24_000, PlayMode.REMUX: 600_000}
COPIED_BYTES = 100_000_000


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
    """A file that still holds the video. Raises GazeError(VIDEO_UNKNOWN | FILE_NOT_FOUND)."""
    video = workspace.catalog.videos.get(fingerprint)
    if video is None:
        raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
    for file in video.files:
        if _holds(file, fingerprint):
            return file.path
    raise GazeError(ErrorCode.FILE_NOT_FOUND, video.path)


@dataclass(frozen=True)
class Plan:
    """How a video is played from a moment on: of `path` the stretch `key`, None for the file itself."""

    path: Path
    key: ClipKey | None
    duration_ms: int

    def of_file(self, fingerprint: str) -> Playback:
        """The file itself."""
        return Playback(f"/files/{fingerprint}", 0, None, self.duration_ms)

    def of_clip(self, key: ClipKey, offset_ms: int) -> Playback:
        """A stretch that was converted."""
        return Playback(f"/clips/{key}", offset_ms, key.end_ms, self.duration_ms)


def plan(
    workspace: Workspace, fingerprint: str, start_ms: int, end_ms: int, convert: bool = False
) -> Plan:
    """What has to be done to play a video from `start_ms`, if need be as far as `end_ms`.

    `convert` asks for a conversion where the browser failed on the file. Raises GazeError:
    VIDEO_UNKNOWN, FILE_NOT_FOUND, and what probing the file raises.
    """
    path = present_file(workspace, fingerprint)
    facts = _facts(workspace, fingerprint, path)
    how = Playability(PlayMode.TRANSCODE, "", ".mp4") if convert else playable(facts)
    if how.mode is PlayMode.DIRECT:
        return Plan(path, None, facts.duration_ms)
    key = stretch(fingerprint, how, start_ms, end_ms, facts.duration_ms, path.stat().st_size)
    return Plan(path, key, facts.duration_ms)


def stretch(
    fingerprint: str,
    how: Playability,
    start_ms: int,
    end_ms: int,
    duration_ms: int,
    size_bytes: int,
) -> ClipKey:
    """Which stretch to convert: from the second of `start_ms` on, and as far as `end_ms` within bounds.

    The bounds let it play soon: a few seconds where pictures are encoded anew, else what is copied in a
    moment. A last second is not left over.
    """
    length = end_ms - start_ms
    if how.mode is PlayMode.REMUX:
        length = COPIED_BYTES * duration_ms // max(1, size_bytes)
    length = max(FIRST_MS, min(length, LONGEST_MS[how.mode])) // 1000 * 1000
    start = max(0, min(start_ms, duration_ms - 1000)) // 1000 * 1000
    end = start + length
    whole = end + 1000 >= duration_ms
    return ClipKey(fingerprint, start, None if whole else end, how.mode, how.suffix)


def _holds(file: FileRow, fingerprint: str) -> bool:
    """Whether a file is the one that was seen: since then, its path may have come to lead elsewhere."""
    try:
        info = file.path.stat()
    except OSError:
        return False
    if (info.st_size, info.st_mtime_ns) == (file.size, file.mtime_ns):
        return True
    with suppress(GazeError):
        return stat.S_ISREG(info.st_mode) and fingerprint_of(file.path) == fingerprint
    return False


def _facts(workspace: Workspace, fingerprint: str, path: Path) -> MediaFacts:
    """The stored facts of a video, or those of the file where there are none."""
    try:
        row = workspace.artifacts.read_facts(fingerprint).to_pylist()[0]
    except GazeError:
        return workspace.decoder.probe(path)
    return MediaFacts(**{field.name: row[field.name] for field in fields(MediaFacts)})
