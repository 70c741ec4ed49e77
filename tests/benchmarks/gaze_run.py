"""One `gaze index` in a process of its own, with the seconds of each stage, by the clock and of processors.

python -m tests.benchmarks.gaze_run FOLDER DATA_ROOT REPORT.json
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
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.workspace import Workspace


def run(folder: Path, root: Path, report: Path) -> None:
    """Index a folder into a fresh data root."""
    settings = load().model_copy(
        update={
            "root": root,
            "libraries": [Library(name="bench", path=folder)],
            "scan": ScanSettings(settle_s=0),
        }
    )
    workspace = Workspace.open(settings)
    meter = _Meter()
    scan_libraries(workspace)
    meter.note("scan")
    index(workspace, Watcher(on_outcome=lambda outcome: meter.note(outcome.stage.value)))
    meter.note("publish")
    report.write_text(json.dumps({"seconds": meter.seconds, "cpu_seconds": meter.cpu_seconds}))


class _Meter:
    """Counts what passed since the last note to what is noted; the rest of a batch's end is publication's."""

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
    run(*(Path(argument) for argument in sys.argv[1:]))
