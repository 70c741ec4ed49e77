"""A model file on its way in: written beside its place, hashed on the way, renamed when right."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.manifest import ModelFile
from gaze_pipeline.store.paths import sync

PART_SUFFIX = ".part"
CHUNK = 1 << 20

Progress = Callable[[str, int, int], None]
"""Called with the file's name, the bytes received, and the bytes there will be (0: unknown)."""


class Incoming:
    """Takes the bytes of one file; what an earlier attempt left in `.part` counts as received.

    Use as a context manager; `finish` puts the file in its place.
    """

    def __init__(self, target: Path, file: ModelFile, on_progress: Progress | None = None) -> None:
        self._target = target
        self._file = file
        self._on_progress = on_progress
        self._part = target.with_name(target.name + PART_SUFFIX)
        self._digest = hashlib.sha256()
        self._stream: IO[bytes] | None = None
        self.size = 0
        self.total = file.bytes or 0
        self.resumed = False

    def __enter__(self) -> Incoming:
        with disk_errors(self._target):
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self._part.open("a+b")
            self._stream.seek(0)
            while block := self._stream.read(CHUNK):
                self._account(block)
        self.resumed = self.size > 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def write(self, block: bytes) -> None:
        """Take some bytes. Raises GazeError(DISK_FULL)."""
        assert self._stream is not None
        with disk_errors(self._target):
            self._stream.write(block)
        self._account(block)

    def restart(self) -> None:
        """Forget what was received."""
        assert self._stream is not None
        self._stream.seek(0)
        self._stream.truncate()
        self._digest = hashlib.sha256()
        self.size = 0
        self.resumed = False

    def matches(self) -> bool:
        """Whether what was received is the whole, right file."""
        return self._digest.hexdigest() == self._file.sha256

    def finish(self) -> None:
        """Put the whole file in its place.

        Raises GazeError(MODEL_CORRUPT) and removes what was received where its hash is wrong.
        """
        assert self._stream is not None
        with disk_errors(self._target):
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._close()
            if not self.matches():
                self._part.unlink(missing_ok=True)
                raise GazeError(
                    ErrorCode.MODEL_CORRUPT,
                    self._file.name,
                    f"SHA-256 {self._digest.hexdigest()}, expected {self._file.sha256}",
                )
            self._part.replace(self._target)
            sync(self._target.parent)

    def _account(self, block: bytes) -> None:
        self._digest.update(block)
        self.size += len(block)
        if self._on_progress is not None:
            self._on_progress(self._file.name, self.size, max(self.total, self.size))

    def _close(self) -> None:
        if self._stream is not None:
            with disk_errors(self._target):
                self._stream.close()
            self._stream = None


def copy(path: Path, target: Path, file: ModelFile, on_progress: Progress | None = None) -> None:
    """Copy a local file. Raises GazeError(MODEL_CORRUPT | DISK_FULL | FILE_UNREADABLE)."""
    with (
        disk_errors(path),
        path.open("rb") as stream,
        Incoming(target, file, on_progress) as incoming,
    ):
        incoming.restart()
        while block := stream.read(CHUNK):
            incoming.write(block)
        incoming.finish()


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn failures to write into GazeError(DISK_FULL | FILE_UNREADABLE)."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise GazeError(ErrorCode.DISK_FULL, path.parent, str(error)) from error
        raise GazeError(ErrorCode.FILE_UNREADABLE, path, str(error)) from error
