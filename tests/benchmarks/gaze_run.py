"""One indexing in a process of its own: as `gaze index` does it, or with each stage alone and its cost told.

python -m tests.benchmarks.gaze_run FOLDER DATA_ROOT [REPORT.json]
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from gaze_pipeline.settings import Library, ScanSettings, load
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.states import Stage
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace


def run(folder: Path, root: Path) -> None:
    """Index a folder, as a user would."""
    workspace = workspace_of(folder, root)
    scan_libraries(workspace)
    index(workspace, Watcher())


def run_by_stage(folder: Path, root: Path, report: Path) -> None:
    """Index a folder one stage after the other, and write what each took by the clock and of processors."""
    workspace = workspace_of(folder, root)
    meter = _Meter()
    scan_libraries(workspace)
    meter.note("scan")
    todo = plan(workspace, asked=True)
    for stage in Stage:
        keys = [key for key, stages in todo.items() if stage in stages]
        for _ in run_stage(stage, keys, workspace):
            meter.note(stage.value)
    publish(workspace)
    meter.note("publish")
    report.write_text(json.dumps({"seconds": meter.seconds, "cpu_seconds": meter.cpu_seconds}))


def workspace_of(folder: Path, root: Path) -> Workspace:
    """A data root whose only library is a folder."""
    chosen = {
        "root": root,
        "libraries": [Library(name="bench", path=folder)],
        "scan": ScanSettings(settle_s=0),
    }
    return Workspace.open(load().model_copy(update=chosen))


class _Meter:
    """Counts what passed since the last note to what is noted."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.cpu_seconds: Counter[str] = Counter(start=_cpu_seconds())
        self._last = time.perf_counter(), _cpu_seconds()

    def note(self, name: str) -> None:
        """This is what was done."""
        now = time.perf_counter(), _cpu_seconds()
        self.seconds[name] += now[0] - self._last[0]
        self.cpu_seconds[name] += now[1] - self._last[1]
        self._last = now


def _cpu_seconds() -> float:
    """Of this process and those that it started."""
    spent = 0.0
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        with suppress(psutil.Error):
            used = process.cpu_times()
            spent += used.user + used.system + used.children_user + used.children_system
    return spent


if __name__ == "__main__":
    paths = [Path(argument) for argument in sys.argv[1:]]
    if len(paths) == 2:
        run(*paths)
    else:
        run_by_stage(*paths)
