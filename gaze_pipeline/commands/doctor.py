"""`gaze doctor`: check the installation and say what to do about what is wrong."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from gaze_pipeline.commands.format import count, plain, size, terminal
from gaze_pipeline.commands.models import ENABLES, manifest
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.walk import is_online
from gaze_pipeline.models.installed import ModelState
from gaze_pipeline.models.installed import status as model_status
from gaze_pipeline.recovery import last
from gaze_pipeline.settings import Settings, load
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.room import shortage
from gaze_pipeline.store.snapshot_reader import Snapshot

PACKAGES = ("dagster", "duckdb", "lancedb", "faster-whisper", "open_clip_torch", "streamlit", "av")
REPAIRS = 3
"""How many of the last repairs are told."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `problem` is None where it is well."""

    what: str
    seen: str
    problem: ErrorCode | None = None


def doctor() -> None:
    """Check settings, disk, models, libraries and index. Exits with 1 if something is wrong."""
    console = terminal()
    wrong = 0
    for finding in findings():
        mark = "[green]ok  [/]" if finding.problem is None else "[bold red]!!  [/]"
        console.print(f"{mark}[bold]{plain(finding.what)}[/] {plain(finding.seen)}", soft_wrap=True)
        if finding.problem is not None:
            wrong += 1
            console.print(
                f"    {finding.problem.name}: {finding.problem.sentence} {finding.problem.remedy}",
                markup=False,
                soft_wrap=True,
            )
    sys.exit(1 if wrong else 0)


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
        "models": _models,
        "libraries": _libraries,
        "catalog": _catalog,
        "index": _index,
        "repairs": _repairs,
    }
    for what, look in looks.items():
        yield from _guarded(what, partial(look, settings))


def _packages() -> Iterator[Finding]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding(f"package {name}", "is not installed", ErrorCode.PACKAGE_MISSING)
    yield Finding("packages", ", ".join(found))


def _disk(settings: Settings) -> Iterator[Finding]:
    settings.root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.root).free
    short = shortage(settings.paths, settings.storage.reserve_mb)
    problem = ErrorCode.DISK_FULL if short else None
    if not os.access(settings.root, os.W_OK | os.X_OK):
        problem = ErrorCode.DATA_ROOT_UNUSABLE
    yield Finding("data root", f"{settings.root} ({size(free)} free)", problem)


def _models(settings: Settings) -> Iterator[Finding]:
    for spec in manifest(settings):
        found = model_status(spec, settings.models_dir)
        problem = {
            ModelState.READY: None,
            ModelState.CORRUPT: ErrorCode.MODEL_CORRUPT,
        }.get(found.state, ErrorCode.MODEL_MISSING)
        yield Finding(f"model {spec.id}", f"{found.state} ({ENABLES[spec.kind]})", problem)


def _libraries(settings: Settings) -> Iterator[Finding]:
    for library in settings.libraries:
        problem = None if is_online(library) else ErrorCode.LIBRARY_OFFLINE
        yield Finding(f"library {library.name}", str(library.path), problem)


def _catalog(settings: Settings) -> Iterator[Finding]:
    yield Finding("catalog", count(len(Catalog(settings.paths.catalog).videos.all()), "video"))


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
