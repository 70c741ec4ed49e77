"""The last repairs, kept in a small file for `gaze doctor` and the Health page."""

from __future__ import annotations

import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from gaze_pipeline.recovery.repairs import Repairs
from gaze_pipeline.store.paths import DataPaths, write_whole

KEPT = 20


class Entry(BaseModel):
    """One recovery that found something; `at` is in seconds since the epoch."""

    model_config = ConfigDict(frozen=True)

    at: float
    lines: list[str]


_ENTRIES = TypeAdapter(list[Entry])


def note(paths: DataPaths, repairs: Repairs) -> None:
    """Keep what was repaired, if anything."""
    if repairs:
        entries = [*last(paths), Entry(at=time.time(), lines=repairs.lines())]
        write_whole(_file(paths), _ENTRIES.dump_json(entries[-KEPT:], indent=1))


def last(paths: DataPaths) -> list[Entry]:
    """The last repairs, oldest first."""
    try:
        return _ENTRIES.validate_json(_file(paths).read_bytes())
    except (OSError, ValidationError):
        return []


def _file(paths: DataPaths) -> Path:
    return paths.logs / "repairs.json"
