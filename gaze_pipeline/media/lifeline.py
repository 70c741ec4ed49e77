"""What the kernel does for a worker: limits on its memory, and its end when its parent is gone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HEADROOM_MB = 4096  # what the parent would see too late; twice the largest allocation of FFmpeg


def limit_memory(megabytes: int) -> None:
    """Refuse this process much more private memory than that, and any core dump.

    The parent watches what is in use, and ends the process in time to say why: what is refused here, a
    decoder may take for damage of the file.
    """
    if sys.platform == "win32":
        return
    import resource

    wanted = megabytes + HEADROOM_MB << 20
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


@contextmanager
def end_with_parent(pipe: int) -> Iterator[None]:
    """Within the block, have the kernel end this process when the other end of `pipe` closes.

    A thread that reads the pipe does so too, but not while native code holds the interpreter. Nothing may
    be written to the pipe meanwhile. Linux only (fcntl(2), O_ASYNC); PR_SET_PDEATHSIG would fire when the
    *thread* that started this process ends.
    """
    if sys.platform != "linux":
        yield
        return
    import fcntl

    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(pipe, fcntl.F_GETFL)
    fcntl.fcntl(pipe, fcntl.F_SETFL, flags | os.O_ASYNC)
    try:
        yield
    finally:
        fcntl.fcntl(pipe, fcntl.F_SETFL, flags)
