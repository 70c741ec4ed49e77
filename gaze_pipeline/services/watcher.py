"""The process under `gaze up` that is told of changes in the libraries and notes them in the catalog."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

from gaze_pipeline.errors import GazeError
from gaze_pipeline.library.watch import CHECK_S, Watcher
from gaze_pipeline.services.running import say_at_work
from gaze_pipeline.settings import Settings, load
from gaze_pipeline.store.catalog import Catalog


def main() -> None:
    """Watch until told to stop. Raises GazeError(SETTINGS_INVALID)."""
    stop = threading.Event()
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: stop.set())
    settings = load()
    version = _version(settings.paths.settings)
    watcher = Watcher(Catalog(settings.paths.catalog))
    say_at_work(settings.paths, "watcher")  # before it asks a disk that may never answer
    watcher.follow(settings)
    while not stop.wait(CHECK_S):
        if (now := _version(settings.paths.settings)) != version:
            version, settings = now, _reload(settings)
        watcher.follow(settings)
    watcher.end()


def _reload(settings: Settings) -> Settings:
    """The settings as they are now, or those before where they cannot be used: someone is editing them."""
    try:
        return load()
    except GazeError as error:
        print(error)
        return settings


def _version(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


if __name__ == "__main__":
    main()
