"""Converted stretches of videos, kept under the data root as long as there is room."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from gaze_pipeline.media.decoder import Decoder
from gaze_pipeline.media.playability import PlayMode
from gaze_pipeline.media.worker import OnProgress

ABANDONED_S = 3_600
_DRAFT = ".making-"


@dataclass(frozen=True)
class ClipKey:
    """Names a stretch of a video in one form; `end_ms` None reaches to the end of the video."""

    fingerprint: str
    start_ms: int
    end_ms: int | None
    mode: PlayMode
    suffix: str

    def __str__(self) -> str:
        end = "end" if self.end_ms is None else self.end_ms
        return f"{self.fingerprint}-{self.start_ms}-{end}-{self.mode}{self.suffix}"

    @classmethod
    def parse(cls, text: str) -> ClipKey | None:
        """The key of a name that `str` made; None for anything else."""
        form = r"([0-9a-f]{16})-(\d{1,10})-(\d{1,10}|end)-(remux|transcode)(\.mp4|\.webm)"
        found = re.fullmatch(form, text, re.ASCII)
        if found is None:
            return None
        fingerprint, start, end, mode, suffix = found.groups()
        end_ms = None if end == "end" else int(end)
        return cls(fingerprint, int(start), end_ms, PlayMode(mode), suffix)


@dataclass(frozen=True)
class StoredClip:
    """A converted stretch on disk; its time 0 is `offset_ms` of the video."""

    path: Path
    offset_ms: int


class ClipCache:
    """Makes each stretch once; the least recently played go when the limit is passed."""

    def __init__(self, folder: Path, decoder: Decoder, limit_bytes: int) -> None:
        self._folder = folder
        self._decoder = decoder
        self._limit = limit_bytes
        self._guard = threading.Lock()
        self._making: defaultdict[ClipKey, threading.Lock] = defaultdict(threading.Lock)

    def clip(self, source: Path, key: ClipKey, on_progress: OnProgress | None = None) -> StoredClip:
        """The stretch of `source` that `key` names, made now if it is not there.

        What `on_progress` raises ends the work. Raises GazeError as `Decoder.write_clip` does.
        """
        with self._guard:
            making = self._making[key]
        with making:
            clip = self._find(key) or self._make(source, key, on_progress)
        os.utime(clip.path)
        return clip

    def _find(self, key: ClipKey) -> StoredClip | None:
        stem = str(key).removesuffix(key.suffix)
        for path in self._folder.glob(f"{stem}@*{key.suffix}"):
            if path.is_symlink():
                continue
            return StoredClip(path, int(path.stem.rpartition("@")[2]))
        return None

    def _make(self, source: Path, key: ClipKey, on_progress: OnProgress | None) -> StoredClip:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{_DRAFT}{key.fingerprint}-{uuid4().hex}"  # so that forgetting finds it
        draft = self._folder / f"{name}.{os.getpid()}.tmp{key.suffix}"
        try:
            written = self._decoder.write_clip(
                source, draft, key.start_ms, key.end_ms, key.mode, on_progress
            )
            stem = str(key).removesuffix(key.suffix)
            path = self._folder / f"{stem}@{written.start_ms}{key.suffix}"
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        self._make_room(path)
        return StoredClip(path, written.start_ms)

    def _make_room(self, newest: Path) -> None:
        """Remove what was played longest ago, and drafts that nobody writes any more."""
        kept = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                kept.append((path.stat().st_mtime, path.stat().st_size, path))
        total = sum(size for _, size, _ in kept)
        for played, size, path in sorted(kept):
            abandoned = path.name.startswith(_DRAFT) and time.time() - played > ABANDONED_S
            too_much = total > self._limit and not path.name.startswith(_DRAFT) and path != newest
            if abandoned or too_much:
                path.unlink(missing_ok=True)
                total -= size
