"""One worker process as its parent sees it: asked for one task at a time, watched, and killed if need be."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from gaze_pipeline.errors import ErrorCode, GazeError

POLL_S = 0.05
TELL_S = 0.5
DYING_S = 5.0  # a process that waits for a dead disk cannot be killed: it is left to the kernel
STARTING_S = 60.0
MAX_REPLY = 64 << 20  # bytes
MAX_COMPLAINT = 4096  # bytes of a line on stderr
CHECKOUT = Path(__file__).resolve().parents[2]
FROM_OUTSIDE = {"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"}

OnProgress = Callable[[float], None]


@dataclass(frozen=True)
class Limits:
    """What a worker may use: resident memory in MB, and seconds without a sign of progress."""

    memory_mb: int = 3000
    stall_s: float = 60.0


class Worker:
    """A process that runs `module`; any failure but a refusal leaves it dead."""

    def __init__(self, limits: Limits, module: str) -> None:
        self._limits = limits
        self._replies: queue.Queue[bytes] = queue.Queue()
        self._complaints: deque[bytes] = deque(maxlen=20)
        self._ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(limits.memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=CHECKOUT,
        )
        self._memory = psutil.Process(self._process.pid)
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._overhear, daemon=True).start()
        self.idle_since = time.monotonic()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def resident_mb(self) -> float:
        """The memory the process holds, 0 when it is gone."""
        try:
            return float(self._memory.memory_info().rss) / (1 << 20)
        except psutil.Error:
            return 0.0

    def kill(self) -> None:
        """End the process now; what it was writing is not touched any more once this returns."""
        with suppress(OSError):
            self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(DYING_S)
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def do(
        self, task: str, arguments: Mapping[str, Any], on_progress: OnProgress | None = None
    ) -> Any:
        """The result of a task on the file `arguments["path"]`.

        `on_progress` is called at least twice a second, also when nothing moves. Raises GazeError: what
        the task raised, or DECODER_CRASHED, DECODER_STALLED, DECODER_MEMORY, OUT_OF_MEMORY (killed from
        outside), SERVICE_FAILED (the process does not start).
        """
        subject = str(arguments["path"])
        try:
            if not self._ready:
                self._next(subject, STARTING_S, None)
                self._ready = True
            self._send(task, arguments, subject)
            return self._next(subject, self._limits.stall_s, on_progress)
        except _RefusedError as refusal:
            raise refusal.error from None
        except BaseException:
            self.kill()
            raise

    def _send(self, task: str, arguments: Mapping[str, Any], subject: str) -> None:
        assert self._process.stdin is not None
        line = json.dumps({"task": task, "arguments": arguments}).encode("ascii") + b"\n"
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError:
            raise self._died(subject) from None

    def _next(self, subject: str, patience_s: float, on_progress: OnProgress | None) -> Any:
        """The result that comes next, watching the process meanwhile."""
        silent = fraction = 0.0
        told = watched = time.monotonic()
        while True:
            reply: Mapping[str, Any] = {}
            try:
                line = self._replies.get(timeout=POLL_S)
            except queue.Empty:
                # Counted in waits, so that a suspended machine is not taken for a hung decoder.
                silent += POLL_S
            else:
                silent = 0.0
                reply = self._parse(line, subject)
            if "result" in reply or "ready" in reply:
                return reply.get("result")
            if "error" in reply:
                raise _RefusedError(_error(reply["error"], subject))
            if silent > patience_s:
                raise self._stalled(subject, patience_s)
            now = time.monotonic()
            if now - watched >= POLL_S:
                watched = now
                self._check_memory(subject)
            moved = "progress" in reply
            fraction = float(reply["progress"]) if moved else fraction
            if on_progress is not None and (moved or now - told >= TELL_S):
                told = now
                on_progress(fraction)

    def _parse(self, line: bytes, subject: str) -> Mapping[str, Any]:
        if not line:
            raise self._died(subject)
        try:
            reply = json.loads(line)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise GazeError(ErrorCode.DECODER_CRASHED, subject, "it answered nonsense")
        return reply

    def _check_memory(self, subject: str) -> None:
        used = self.resident_mb
        if used > self._limits.memory_mb:
            detail = f"{used:.0f} MB of {self._limits.memory_mb} MB"
            raise GazeError(ErrorCode.DECODER_MEMORY, subject, detail)

    def _stalled(self, subject: str, patience_s: float) -> GazeError:
        code = ErrorCode.DECODER_STALLED if self._ready else ErrorCode.SERVICE_FAILED
        return GazeError(code, subject, f"no progress for {patience_s:g} s")

    def _died(self, subject: str) -> GazeError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(DYING_S)
        how = _ending(self._process.returncode)
        said = self._last_words()
        detail = f"{how}: {said}" if said else how
        if not self._ready:
            return GazeError(ErrorCode.SERVICE_FAILED, "decoder", detail)
        if how in FROM_OUTSIDE:
            detail = f"the decoder was killed from outside, {how}"
            return GazeError(ErrorCode.OUT_OF_MEMORY, subject, detail)
        return GazeError(ErrorCode.DECODER_CRASHED, subject, detail)

    def _listen(self) -> None:
        """Take in replies until the pipe closes, then an empty one; and see the process off."""
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):
            while line := self._process.stdout.readline(MAX_REPLY):
                self._replies.put(line)
        self._replies.put(b"")
        self._process.wait()

    def _overhear(self) -> None:
        """Keep the last lines of what is printed to stderr."""
        assert self._process.stderr is not None
        with suppress(OSError, ValueError):
            while line := self._process.stderr.readline(MAX_COMPLAINT):
                self._complaints.append(line)

    def _last_words(self) -> str:
        lines = b"".join(self._complaints).decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]


class _RefusedError(Exception):
    """The task's own GazeError: the process is well."""

    def __init__(self, error: GazeError) -> None:
        self.error = error


def _error(told: Mapping[str, str], subject: str) -> GazeError:
    try:
        return GazeError(ErrorCode[told["code"]], told["subject"], told["detail"])
    except (KeyError, TypeError):
        return GazeError(ErrorCode.DECODER_CRASHED, subject, "it answered nonsense")


def _ending(code: int | None) -> str:
    if code is None:
        return "its pipe closed"
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
