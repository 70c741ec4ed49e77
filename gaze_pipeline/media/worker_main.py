"""The process that opens media files for another: `python -m gaze_pipeline.media.worker_main MEMORY_MB`.

Requests come as JSON lines on stdin, {"task": ..., "arguments": {...}}; each is answered on stdout by any
number of {"progress": 0..1}, then {"result": ...} or {"error": {"code", "subject", "detail"}}. Names that are
no valid Unicode pass as JSON's escaped surrogates. The process ends with its parent.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.audio import extract_audio
from gaze_pipeline.media.clips import write_clip
from gaze_pipeline.media.frames import write_frames
from gaze_pipeline.media.lifeline import end_with_parent, limit_memory
from gaze_pipeline.media.playability import PlayMode
from gaze_pipeline.media.probe import probe
from gaze_pipeline.media.reader import Progress
from gaze_pipeline.media.schedule import Every, Listed

IDLE_S = 60.0
TELL_S = 0.1

Task = Callable[[Mapping[str, Any], Progress], Any]
"""Takes the arguments of a request and returns a dataclass."""


def _probe(arguments: Mapping[str, Any], on_progress: Progress) -> Any:
    return probe(Path(arguments["path"]), on_progress)


def _extract_audio(arguments: Mapping[str, Any], on_progress: Progress) -> Any:
    return extract_audio(Path(arguments["path"]), Path(arguments["out"]), on_progress)


def _write_frames(arguments: Mapping[str, Any], on_progress: Progress) -> Any:
    return write_frames(
        Path(arguments["path"]),
        Path(arguments["folder"]),
        Listed(arguments["times_ms"]) if "times_ms" in arguments else Every(arguments["every_ms"]),
        max_px=arguments["max_px"],
        quality=arguments["quality"],
        on_progress=on_progress,
    )


def _write_clip(arguments: Mapping[str, Any], on_progress: Progress) -> Any:
    return write_clip(
        Path(arguments["path"]),
        Path(arguments["out"]),
        arguments["start_ms"],
        arguments["end_ms"],
        PlayMode(arguments["mode"]),
        on_progress,
    )


TASKS: Mapping[str, Task] = {
    "probe": _probe,
    "extract_audio": _extract_audio,
    "write_frames": _write_frames,
    "write_clip": _write_clip,
}


class _Channel:
    """Requests in, replies out, on descriptors of our own: no library can print into them."""

    def __init__(self) -> None:
        self._replies = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        self._requests = os.fdopen(os.dup(0), "rb")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        self._waiting: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_listen, args=(self._requests, self._waiting), daemon=True).start()

    def request(self) -> Mapping[str, Any] | None:
        """The next request; None when there was none for a while."""
        try:
            request: Mapping[str, Any] = json.loads(self._waiting.get(timeout=IDLE_S))
        except queue.Empty:
            return None
        return request

    def reply(self, **message: Any) -> None:
        """Send one reply; ends the process where nobody listens any more."""
        try:
            self._replies.write(json.dumps(message).encode("ascii") + b"\n")
            self._replies.flush()
        except OSError:
            os._exit(0)

    def work(self, task: Task, arguments: Mapping[str, Any]) -> None:
        """Do one task and reply to it."""
        try:
            with end_with_parent(self._requests.fileno()):
                result = asdict(task(arguments, _Teller(self)))
        except GazeError as error:
            self._refuse(error)
        except MemoryError as error:
            self._refuse(GazeError(ErrorCode.DECODER_MEMORY, arguments["path"], str(error)))
        except Exception as error:  # noqa: BLE001 - told to the parent, which knows what to do
            detail = f"{type(error).__name__}: {error}"
            self._refuse(GazeError(ErrorCode.INTERNAL, arguments["path"], detail))
        else:
            self.reply(result=result)

    def _refuse(self, error: GazeError) -> None:
        told = {"code": error.code.name, "subject": error.subject, "detail": error.detail}
        self.reply(error=told)


class _Teller:
    """Passes progress on, a few times a second."""

    def __init__(self, channel: _Channel) -> None:
        self._channel = channel
        self._last = time.monotonic()

    def __call__(self, fraction: float) -> None:
        now = time.monotonic()
        if fraction >= 1.0 or now - self._last >= TELL_S:
            self._last = now
            self._channel.reply(progress=fraction)


def _listen(requests: BinaryIO, waiting: queue.Queue[bytes]) -> None:
    for line in requests:
        waiting.put(line)
    os._exit(0)  # the parent is gone, whatever this process is in the middle of


def serve(tasks: Mapping[str, Task]) -> None:
    """Answer requests until there are none for a while, or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer
    limit_memory(int(sys.argv[1]))
    channel = _Channel()
    channel.reply(ready=True)
    while (request := channel.request()) is not None:
        channel.work(tasks[request["task"]], request["arguments"])
        gc.collect()  # PyAV's containers and streams hold each other, and some 100 MB of pictures


if __name__ == "__main__":
    serve(TASKS)
