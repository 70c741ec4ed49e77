"""Which videos a user had forgotten: kept as keyed hashes, so that the list itself tells nothing.

A mark is an empty file named by an HMAC-SHA256 under a random key of the data root. Files of forgotten
videos that still lie in a library get a mark too, by path, size and time, so that a scan passes them
by without reading them.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import cached_property
from pathlib import Path

from gaze_pipeline.store.paths import DataPaths, sync, write_whole

KEY_BYTES = 32


class Forgotten:
    """The marks of one data root."""

    def __init__(self, paths: DataPaths) -> None:
        self._folder = paths.forgotten

    def add(self, fingerprint: str) -> None:
        """Leave a video out from now on."""
        _touch(self._video(fingerprint))

    def holds(self, fingerprint: str) -> bool:
        """Whether a video is to be left out."""
        return self._any and self._video(fingerprint).exists()

    def take_up(self, fingerprint: str) -> bool:
        """Let a video in again; returns whether it was left out."""
        if not self.holds(fingerprint):
            return False
        self._video(fingerprint).unlink(missing_ok=True)
        for mark in self._folder.glob("file-*"):
            mark.unlink(missing_ok=True)
        return True

    def leave_out(self, path: Path, size: int, mtime_ns: int) -> None:
        """Pass a file by as long as it is as it is now; it holds a video that is left out."""
        _touch(self._file(path, size, mtime_ns))

    def leaves_out(self, path: Path, size: int, mtime_ns: int) -> bool:
        """Whether a file, as it is now, was found to hold a video that is left out."""
        return self._any and self._file(path, size, mtime_ns).exists()

    def count(self) -> int:
        """How many videos are left out."""
        return len(list(self._folder.glob("video-*")))

    @property
    def _any(self) -> bool:
        return (self._folder / "key").exists()

    @cached_property
    def _key(self) -> bytes:
        key = self._folder / "key"
        if not key.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(key, secrets.token_bytes(KEY_BYTES))
        return key.read_bytes()

    def _video(self, fingerprint: str) -> Path:
        return self._mark("video", fingerprint.encode())

    def _file(self, path: Path, size: int, mtime_ns: int) -> Path:
        return self._mark("file", os.fsencode(path) + f"\0{size}\0{mtime_ns}".encode())

    def _mark(self, kind: str, what: bytes) -> Path:
        digest = hmac.new(self._key, kind.encode() + b"\0" + what, hashlib.sha256).hexdigest()
        return self._folder / f"{kind}-{digest}"


def _touch(mark: Path) -> None:
    mark.touch()
    sync(mark.parent)
