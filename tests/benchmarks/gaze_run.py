"""One `gaze index` in a process of its own, with the seconds of each stage.

python -m tests.benchmarks.gaze_run FOLDER DATA_ROOT REPORT.json
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

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
    seconds: Counter[str] = Counter()
    started = time.perf_counter()
    scan_libraries(workspace)
    seconds["scan"] = time.perf_counter() - started
    for outcome in index(workspace, Watcher()).outcomes:
        seconds[outcome.stage.value] += outcome.seconds
    seconds["publish"] = time.perf_counter() - started - seconds.total()
    report.write_text(json.dumps(seconds))


if __name__ == "__main__":
    run(*(Path(argument) for argument in sys.argv[1:]))
