"""A decoder worker whose codecs misbehave as a file's name says, and are the real ones else.

`"extract_audio hang 1.mp4"` hangs while its sound is extracted, and is probed like any other file. Used as
`Decoder(limits, HOSTILE)`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gaze_pipeline.media.extracts import Clip
from gaze_pipeline.media.reader import Progress
from gaze_pipeline.media.worker_main import TASKS, Task, serve

HOSTILE = __name__ if __name__ != "__main__" else "tests.support.hostile_worker"
LONG_S = 3600


def _hang(_: Progress) -> None:
    ctypes.CDLL(None).sleep(LONG_S)


def _hang_with_the_interpreter(_: Progress) -> None:
    ctypes.PyDLL(None).sleep(LONG_S)


def _spin(_: Progress) -> None:
    while True:
        time.monotonic()


def _crash(_: Progress) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _fail_an_assertion(_: Progress) -> None:
    os.write(2, b"Assertion depth > 0 failed at libodd/odd.c:42\n")
    os.abort()


def _eat(on_progress: Progress) -> None:
    eaten = []
    while True:
        on_progress(1.0)  # it gets on, or so it says
        eaten.append(np.ones(8 << 20))


def _gulp(_: Progress) -> None:
    np.ones(100 << 30)


def _leave(_: Progress) -> None:
    os._exit(0)


def _be_killed(_: Progress) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _babble(_: Progress) -> None:
    for _ in range(1000):
        os.write(1, b'{"result": null}\nnot JSON at all \xff\n')
    os.write(2, b"x" * 1_000_000 + b"\n")


DEEDS: Mapping[str, Callable[[Progress], None]] = {
    "hang": _hang,
    "grip": _hang_with_the_interpreter,
    "spin": _spin,
    "crash": _crash,
    "assert": _fail_an_assertion,
    "eat": _eat,
    "gulp": _gulp,
    "leave": _leave,
    "killed": _be_killed,
    "babble": _babble,
}


def _hostile(name: str, task: Task) -> Task:
    def misbehave(arguments: Mapping[str, Any], on_progress: Progress) -> Any:
        words = Path(arguments["path"]).name.split()
        if words[0] == name:
            on_progress(1.0)
            if words[1] == "lie":
                return Clip(0, None)
            Path(arguments["path"] + ".reached").touch()
            DEEDS[words[1]](on_progress)
        return task(arguments, on_progress)

    return misbehave


if __name__ == "__main__":
    serve({name: _hostile(name, task) for name, task in TASKS.items()})
