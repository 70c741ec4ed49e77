"""Whether everything is in order: what the doctor looks at, and what to do about what is not."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gaze_pipeline import health
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.formats import count, size
from gaze_pipeline.recovery import last
from gaze_pipeline.settings import Settings, load
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace

REPAIRS = 3
"""How many of the last repairs are told."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `problem` is None where it is well."""

    what: str
    seen: str
    problem: ErrorCode | None = None


def findings() -> Iterator[Finding]:
    """Everything there is to say, in the order in which things build on each other."""
    yield Finding("python", f"{platform.python_version()} on {platform.platform()}")
    yield from _packages()
    yield from _guarded("settings", _after_settings)


def _after_settings() -> Iterator[Finding]:
    settings = load()
    yield Finding("settings", str(settings.paths.settings))
    looks: dict[str, Callable[[Settings], Iterable[Finding]]] = {
        "data root": _disk,
        "channels": _channels,
        "models": _models,
        "libraries": _libraries,
        "catalog": _catalog,
        "index": _index,
        "repairs": _repairs,
    }
    for what, look in looks.items():
        yield from _guarded(what, partial(look, settings))


def _packages() -> Iterator[Finding]:
    found = health.versions()
    for name in health.PACKAGES:
        if name not in found:
            yield Finding(f"package {name}", "is not installed", ErrorCode.PACKAGE_MISSING)
    yield Finding("packages", ", ".join(f"{name} {number}" for name, number in found.items()))


def _disk(settings: Settings) -> Iterator[Finding]:
    disk = health.disk(settings)
    problem = ErrorCode.DISK_FULL if disk.low else None
    if not os.access(settings.root, os.W_OK | os.X_OK):
        problem = ErrorCode.DATA_ROOT_UNUSABLE
    yield Finding("data root", f"{disk.root} ({size(disk.free)} free)", problem)


def _channels(settings: Settings) -> Iterator[Finding]:
    told = (f"{channel} {how}" for channel, how in health.channels(settings).items())
    yield Finding("channels", ", ".join(told))


def _models(settings: Settings) -> Iterator[Finding]:
    for model in health.models(settings):
        seen = f"{model.state} ({health.ENABLES[model.kind]})"
        yield Finding(f"model {model.id}", seen, health.remedy(model))


def _libraries(settings: Settings) -> Iterator[Finding]:
    for library in health.libraries(Workspace(settings)):
        problem = ErrorCode.LIBRARY_OFFLINE if library.offline else None
        yield Finding(f"library {library.name}", library.path, problem)


def _catalog(settings: Settings) -> Iterator[Finding]:
    yield Finding("catalog", count(len(Workspace(settings).catalog.videos.all()), "video"))


def _index(settings: Settings) -> Iterator[Finding]:
    info = Snapshot.open(settings.paths).info
    yield Finding("index", f"snapshot {info.number}, {count(info.videos, 'video')}")


def _repairs(settings: Settings) -> Iterator[Finding]:
    for entry in last(settings.paths)[-REPAIRS:]:
        day = datetime.fromtimestamp(entry.at).strftime("%Y-%m-%d %H:%M")
        yield Finding(f"repaired {day}", " ".join(entry.lines))


def _guarded(what: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except GazeError as error:
        yield Finding(what, f"{error.subject} {error.detail}".strip(), error.code)
    except (sqlite3.Error, OSError) as error:
        yield Finding(what, str(error), ErrorCode.DATA_ROOT_UNUSABLE)
