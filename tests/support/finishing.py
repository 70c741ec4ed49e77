"""Waiting for a command to finish; one that does not says where it stands before it is ended."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence

LIMIT_S = 500
"""Less than the time that a test has, so that its report shows what the command said."""


def finished(
    command: Sequence[str], environment: Mapping[str, str], limit_s: float = LIMIT_S
) -> subprocess.CompletedProcess[str]:
    """Run a Python to its end, with what it printed.

    One that is still at it after the limit prints the stack of each thread, and is ended: AssertionError.
    """
    with subprocess.Popen(
        command,
        env={**environment, "PYTHONFAULTHANDLER": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            out, err = process.communicate()
            raise AssertionError(f"{command} did not finish:\n{out}\n{err}") from None
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)
