"""Everything that opens a user's media file, each call in a worker process that may die of it."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.extracts import AudioExtract, Clip, FrameExtract
from gaze_pipeline.media.facts import MediaFacts
from gaze_pipeline.media.playability import PlayMode
from gaze_pipeline.media.worker import Limits, OnProgress, Worker

AT_ONCE = 3  # each may use all the memory of the limits
IDLE_S = 30.0  # half of what a worker waits before it goes by itself
BLOATED = 0.5  # a worker that keeps more than this share of its memory starts the next file afresh

R = TypeVar("R", MediaFacts, AudioExtract, FrameExtract, Clip)

_KINDS: Mapping[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (MediaFacts, AudioExtract, FrameExtract, Clip)
}


class Decoder:
    """Reads media files through worker processes, kept and used again; threads may share one.

    Every method raises GazeError: what the codecs' side raises, and DECODER_CRASHED, DECODER_STALLED or
    DECODER_MEMORY when a file brings its worker down. What `on_progress` (0..1) raises ends the work at
    once; files written until then are the caller's to remove.
    """

    def __init__(
        self, limits: Limits | None = None, module: str = "gaze_pipeline.media.worker_main"
    ) -> None:
        self._limits = limits or Limits()
        self._module = module
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._guard = threading.Lock()
        self._idle: list[Worker] = []
        weakref.finalize(self, _dismiss, self._idle)

    def probe(self, path: Path) -> MediaFacts:
        """The facts of a media file; see `media.probe`."""
        return self._do(MediaFacts, "probe", path)

    def extract_audio(
        self, path: Path, out: Path, on_progress: OnProgress | None = None
    ) -> AudioExtract:
        """Write the sound of `path` to `out`; see `media.audio`."""
        return self._do(AudioExtract, "extract_audio", path, on_progress, out=_name(out))

    def write_frames(
        self,
        path: Path,
        folder: Path,
        every_ms: int = 2000,
        max_px: int = 512,
        quality: int = 85,
        on_progress: OnProgress | None = None,
    ) -> FrameExtract:
        """Write sampled frames into `folder`, synced to the disk; see `media.frames`."""
        return self._do(
            FrameExtract,
            "write_frames",
            path,
            on_progress,
            folder=_name(folder),
            every_ms=every_ms,
            max_px=max_px,
            quality=quality,
        )

    def write_frames_at(
        self,
        path: Path,
        folder: Path,
        times_ms: Sequence[int],
        max_px: int,
        quality: int = 92,
        on_progress: OnProgress | None = None,
    ) -> FrameExtract:
        """Write the frames shown at some times, in order, into `folder`; see `media.frames`."""
        return self._do(
            FrameExtract,
            "write_frames",
            path,
            on_progress,
            folder=_name(folder),
            times_ms=list(times_ms),
            max_px=max_px,
            quality=quality,
        )

    def write_clip(
        self,
        path: Path,
        out: Path,
        start_ms: int = 0,
        end_ms: int | None = None,
        mode: PlayMode = PlayMode.TRANSCODE,
        on_progress: OnProgress | None = None,
    ) -> Clip:
        """Write a range of `path` to `out` as browsers play it; see `media.clips`."""
        return self._do(
            Clip,
            "write_clip",
            path,
            on_progress,
            out=_name(out),
            start_ms=start_ms,
            end_ms=end_ms,
            mode=mode,
        )

    def close(self) -> None:
        """End the workers that wait for work."""
        with self._guard:
            _dismiss(self._idle)

    def _do(
        self,
        kind: type[R],
        task: str,
        path: Path,
        on_progress: OnProgress | None = None,
        **arguments: Any,
    ) -> R:
        with self._places:
            worker = self._take()
            try:
                told = worker.do(task, {"path": _name(path), **arguments}, on_progress)
                result: R = _KINDS[kind].validate_python(told)
            except ValidationError:
                worker.kill()
                detail = "it answered nonsense"
                raise GazeError(ErrorCode.DECODER_CRASHED, path, detail) from None
            finally:
                self._put_back(worker)
        return result

    def _take(self) -> Worker:
        with self._guard:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive and time.monotonic() - worker.idle_since < IDLE_S:
                    return worker
                worker.kill()
        try:
            return Worker(self._limits, self._module)
        except OSError as error:
            raise GazeError(ErrorCode.SERVICE_FAILED, "decoder", str(error)) from error

    def _put_back(self, worker: Worker) -> None:
        if worker.resident_mb > BLOATED * self._limits.memory_mb:
            worker.kill()
        if worker.alive:
            worker.idle_since = time.monotonic()
            with self._guard:
                self._idle.append(worker)


def _name(path: Path) -> str:
    return os.path.abspath(path)


def _dismiss(workers: list[Worker]) -> None:
    while workers:
        workers.pop().kill()
