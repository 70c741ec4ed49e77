"""What a bug report needs, in one zip: how Gaze is, what failed, the ends of the logs.

Everything goes through the redaction of the logs; then a search for the names of the user's files and for
what is said in them leaves out any line that still holds one.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from gaze_pipeline import health
from gaze_pipeline.errors import GazeError
from gaze_pipeline.findings import findings
from gaze_pipeline.forgetting.needles import Needles
from gaze_pipeline.forgetting.traces import Traces
from gaze_pipeline.logs import Redaction
from gaze_pipeline.run_records import RunRecords
from gaze_pipeline.settings import Settings
from gaze_pipeline.store.forgotten import Forgotten
from gaze_pipeline.store.snapshot_corpus import SPOKEN, WRITTEN
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace

TAIL_BYTES = 200_000
SAMPLE_LINES = 20_000
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_ABOUT = """What `gaze doctor --bundle` collected for a bug report.

doctor.txt    what `gaze doctor` says
machine.json  versions, processor, memory, disk
settings.json the settings in force
state.json    how many videos stand how, what is published
errors.json   what failed, by stage and code
runs.json     Dagster's last runs
logs/         the ends of the logs
"""


@dataclass(frozen=True)
class Bundle:
    """The files by name, and what was searched for in them: `left_out` counts lines that held some."""

    files: dict[str, str]
    names: int
    phrases: int
    left_out: int
    shows_paths: bool

    def write(self, target: Path) -> None:
        """Write the zip file. Raises OSError."""
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
            for name, text in self.files.items():
                file.writestr(name, text)


def collect(settings: Settings) -> Bundle:
    """Everything there is to say, without tokens, words and paths. What cannot be told says why."""
    workspace = Workspace(settings)
    redact = Redaction(settings, _token(settings))
    parts: dict[str, Callable[[], str]] = {
        "about.txt": lambda: _ABOUT,
        "doctor.txt": _doctor,
        "machine.json": partial(_machine, settings),
        "settings.json": partial(_settings, settings),
        "state.json": partial(_state, workspace),
        "errors.json": partial(_errors, workspace),
        "runs.json": partial(_runs, workspace),
    }
    for log in sorted(settings.paths.logs.glob("*.log")):
        parts[f"logs/{log.name}"] = partial(_tail, log)
    needles = _needles(workspace)
    files: dict[str, str] = {}
    left_out = 0
    for name, part in parts.items():
        lines = [redact(line) for line in _told(part).splitlines()]
        kept = [line if _is_clean(line, needles) else "(left out)" for line in lines]
        left_out += sum(one != other for one, other in zip(lines, kept, strict=True))
        files[name] = "\n".join(kept) + "\n"
    shows = settings.support.log_paths
    return Bundle(files, len(needles.names), len(needles.phrases), left_out, shows)


def _told(part: Callable[[], str]) -> str:
    try:
        return part()
    except (GazeError, OSError, sqlite3.Error) as error:
        return f"could not be told: {error}"


def _doctor() -> str:
    return "\n".join(
        f"{'!!' if finding.problem else 'ok'} {finding.what}: {finding.seen}"
        + (f" {finding.problem.name}" if finding.problem else "")
        for finding in findings()
    )


def _machine(settings: Settings) -> str:
    disk = health.disk(settings)
    return _json(
        {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "memory": psutil.virtual_memory().total,
            "device": health.device(settings),
            "versions": health.versions(),
            "free": disk.free,
            "used": disk.used,
        }
    )


def _settings(settings: Settings) -> str:
    return _CREDENTIALS.sub("<credentials>@", _json(settings.model_dump(mode="json")))


def _state(workspace: Workspace) -> str:
    catalog, index = workspace.catalog, health.index(workspace)
    videos = catalog.videos.all()
    held = {video.fingerprint for video in videos}
    return _json(
        {
            "videos": Counter(str(video.state) for video in videos),
            "stages": {
                stage: Counter(str(v.stages[stage].status) for v in videos if stage in v.stages)
                for stage in sorted({stage for video in videos for stage in video.stages})
            },
            "libraries": [
                {"files": library.files, "offline": library.offline is not None}
                for library in health.libraries(workspace)
            ],
            "gone": len(catalog.videos.fingerprints() - held),
            "forgotten": Forgotten(workspace.paths).count(),
            "being_forgotten": len(catalog.forgetting.asked()),
            "index": index and vars(index),
        }
    )


def _errors(workspace: Workspace) -> str:
    found = [
        (row.stage.value, row.error_code.name, row.error_detail)
        for video in workspace.catalog.videos.all()
        for row in video.stages.values()
        if row.error_code is not None
    ]
    found += [
        ("scan", file.error_code.name, file.error_detail)
        for file in workspace.catalog.refused()
        if file.error_code is not None
    ]
    return _json(
        [
            {"stage": stage, "code": code, "detail": detail, "count": number}
            for (stage, code, detail), number in Counter(found).most_common(200)
        ]
    )


def _runs(workspace: Workspace) -> str:
    return _json(RunRecords(workspace.paths.dagster_home).latest())


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        return file.read().decode("utf-8", "replace")


def _needles(workspace: Workspace) -> Needles:
    """The names of the user's files and what is said and written in them; no name where paths are allowed."""
    paths: list[str] = []
    with suppress(sqlite3.Error, GazeError):
        paths = [str(file.path) for file in workspace.catalog.files.all()]
    shows = workspace.settings.support.log_paths
    traces = Traces("", "", () if shows else tuple(paths), tuple(_said(workspace)))
    return Needles(traces.names(), traces.phrases(), set())


def _said(workspace: Workspace) -> Iterator[str]:
    with suppress(GazeError):
        snapshot = Snapshot.open(workspace.paths)
        for table in (SPOKEN, WRITTEN):
            query = f"SELECT text FROM {table} USING SAMPLE {SAMPLE_LINES}"
            yield from (text for (text,) in snapshot.rows(query))


def _is_clean(line: str, needles: Needles) -> bool:
    return not needles.found(line.encode("utf-8", "surrogatepass"))


def _token(settings: Settings) -> str:
    try:
        return (settings.paths.run / "token").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _json(value: object) -> str:
    return json.dumps(value, indent=1, default=str, ensure_ascii=False)
