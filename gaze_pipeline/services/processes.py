"""Child processes: started in one group under a guardian, their output kept in bounded logs."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from gaze_pipeline.logs import Redaction, close, rotating_log
from gaze_pipeline.services import member

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
WORKING_FOLDER = Path(__file__).resolve().parents[2]


class Family:
    """A group of processes that end together, at the latest with this process."""

    def __init__(self, environment: Mapping[str, str], logs: Path, redact: Redaction) -> None:
        self._environment = {**environment, member.VARIABLE: str(os.getpid())}
        self._logs = logs
        self._redact = redact
        self._group = 0
        self._guardian = self._start_guardian()

    def guard(self) -> bool:
        """Start the guardian again if it was killed; returns whether it was."""
        if self._guardian.poll() is None:
            return False
        self._guardian = self._start_guardian()
        return True

    def _start_guardian(self) -> subprocess.Popen[bytes]:
        try:
            guardian = subprocess.Popen(
                [sys.executable, "-m", "gaze_pipeline.services.guardian"],
                stdin=subprocess.PIPE,
                env=self._environment,
                cwd=WORKING_FOLDER,
                process_group=self._group,
            )
        except PermissionError:  # the group ended with its last process
            self._group = 0
            return self._start_guardian()
        self._group = self._group or guardian.pid
        return guardian

    def start(self, name: str, arguments: Sequence[str]) -> subprocess.Popen[str]:
        """Start a Python process of the family; what it prints goes to its log."""
        self.guard()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            cwd=WORKING_FOLDER,
            text=True,
            errors="replace",
            process_group=self._group,
        )
        threading.Thread(target=self._keep, args=(name, process), daemon=True).start()
        return process

    def end(self, timeout_s: float) -> None:
        """End every process of the family; what does not stop by itself is killed."""
        assert self._guardian.stdin is not None
        self._guardian.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guardian.wait(timeout_s)
        if os.name == "posix":  # the guardian may have been killed before
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._group, signal.SIGKILL)

    def _keep(self, name: str, process: subprocess.Popen[str]) -> None:
        log = rotating_log(self._logs / f"{name}.log", self._redact)
        assert process.stdout is not None
        for line in process.stdout:
            log.info("%s", COLOURS.sub("", line.rstrip("\n")))
        close(log)


def last_line(path: Path) -> str:
    """The last line of a log that says something, or an empty text."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line.strip()), "")
