"""One at a time: whoever changes which files are known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock

from gaze_pipeline.store.paths import DataPaths


@contextmanager
def scanning(paths: DataPaths, wait_s: float = -1) -> Iterator[None]:
    """Hold the data root's scan lock, which the system releases when the process ends in any way.

    Waits for `wait_s` seconds, or as long as it takes; raises TimeoutError.
    """
    paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(paths.run / "scan.lock", timeout=wait_s):
        yield
