"""The processes of a running Gaze by the part they play, found out from outside."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

import psutil

PARTS = {
    "gaze_pipeline.services.guardian": "guardian",
    "gaze_pipeline.services.watcher": "watcher",
    "gaze_pipeline.web": "dagster",
    "gaze_search_app.server": "search",
    "dagster._daemon": "daemon",
    "grpc": "code server",
    "spawn_main": "run worker",
    "gaze_pipeline.media": "decoder",
}


def lineage(supervisor: int) -> Mapping[str, list[psutil.Process]]:
    """Every process below a supervisor, and itself, by part."""
    found: dict[str, list[psutil.Process]] = {}
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(supervisor)
        found["supervisor"] = [root]
        for process in root.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                part = next((name for mark, name in PARTS.items() if mark in line), "other")
                found.setdefault(part, []).append(process)
    return found


def living(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; one that is dead and only not yet seen off by its parent does not."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def kill(processes: list[psutil.Process]) -> None:
    """kill -9 of all at once: none sees another die."""
    for signal in (psutil.Process.suspend, psutil.Process.kill):
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                signal(process)
