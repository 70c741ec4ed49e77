"""Runs a module as a service that ends with its supervisor, even where nobody is left to end it.

    python -m gaze_pipeline.services.member MODULE ARGUMENTS

The guardian ends the family of a supervisor that is gone. Where both were killed at once, each process
of the family that was tethered sees it by itself.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from functools import cache

import psutil

VARIABLE = "GAZE_SUPERVISOR"
LOOK_S = 1.0
GRACE_S = 5.0


@cache
def tether() -> None:
    """End this process when its supervisor is gone; once called, nothing more is needed.

    Does nothing outside a supervisor's family.
    """
    pid = os.environ.get(VARIABLE)
    if not pid:
        return
    try:
        supervisor = psutil.Process(int(pid))
    except psutil.NoSuchProcess:
        os._exit(1)
    threading.Thread(target=_follow, args=(supervisor,), name="tether", daemon=True).start()


def _follow(supervisor: psutil.Process) -> None:
    while _lives(supervisor):
        time.sleep(LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def main() -> None:
    """Run the module named by the first argument in the place of this one."""
    tether()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
