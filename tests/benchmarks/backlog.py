"""A long backlog: does the work slow down, does memory grow? `python -m tests.benchmarks.backlog [CLIPS]`.

The baseline of each hundred of clips is the first hundred of the same run. Then the services run on what was
indexed, and one more film arrives.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from gaze_pipeline.media.clips import write_clip
from gaze_pipeline.media.playability import PlayMode
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import Outcome
from gaze_pipeline.states import Stage
from tests.benchmarks import workload
from tests.benchmarks.arrival import arrival
from tests.benchmarks.gaze_run import workspace_of
from tests.benchmarks.indexing import switches
from tests.benchmarks.machine import RESULTS, describe
from tests.benchmarks.processes import timed
from tests.benchmarks.stand_ins import bench_models, variables

CLIPS, CLIP_MS, FILM_S = 1000, 4000, 300
ARRIVING_MS = 30_000
PART = 100


@dataclass(frozen=True)
class Part:
    """So many clips on: the seconds that the last of them took, and the resident MB after them."""

    clips: int
    seconds: float
    memory_mb: float


def main(count: int = CLIPS) -> None:
    """Index the clips in one go and print a row for each hundred."""
    console = Console(width=100, highlight=False)
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        models = bench_models(scratch / "weights")
        film = workload.talk(scratch / "film", FILM_S).videos[0]
        step = (FILM_S * 1000 - CLIP_MS) // count
        starts = [(film, number * step) for number in range(count)]
        clips = workload.cut(scratch / "clips", starts, CLIP_MS, PlayMode.REMUX)
        report = scratch / "report.json"
        command = ["-m", "tests.benchmarks.backlog", "--index"]
        paths = (clips.folder, scratch / "data", report)
        chosen = variables(models.settings) | switches()
        cost = timed([*command, *map(str, paths)], chosen)
        parts = [Part(**part) for part in json.loads(report.read_text())]
        console.print(_table(parts))
        console.print(f"{cost.seconds:.0f} s, {cost.cpu_seconds:.0f} CPU s, {cost.peak_mb:.0f} MB.")
        arriving = scratch / "arriving.mp4"
        write_clip(film, arriving, 0, ARRIVING_MS, PlayMode.TRANSCODE)
        arrived = arrival(scratch / "data", clips.folder, arriving, chosen)
        console.print(
            f"A film of {ARRIVING_MS // 1000} s is found {arrived:.1f} s after its arrival."
        )
    record = {
        **describe(),
        **asdict(cost),
        "parts": [asdict(part) for part in parts],
        "arrival_s": arrived,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "backlog.json").write_text(json.dumps(record, indent=1) + "\n")


def index_all(folder: Path, root: Path, report: Path) -> None:
    """What the measured process does."""
    workspace = workspace_of(folder, root)
    scan_libraries(workspace)
    parts: list[Part] = []
    done, began = 0, time.perf_counter()

    def on_outcome(outcome: Outcome) -> None:
        nonlocal done, began
        done += outcome.stage is Stage.DETECTIONS
        if outcome.stage is Stage.DETECTIONS and done % PART == 0:
            now = time.perf_counter()
            parts.append(Part(done, now - began, psutil.Process().memory_info().rss / 1e6))
            began = now

    index(workspace, Watcher(on_outcome=on_outcome))
    report.write_text(json.dumps([asdict(part) for part in parts]))


def _table(parts: Sequence[Part]) -> Table:
    table = Table("clips", "seconds", "ratio to the first", "memory, MB", box=None)
    for part in parts:
        ratio = part.seconds / parts[0].seconds
        table.add_row(
            str(part.clips), f"{part.seconds:.1f}", f"{ratio:.2f}", f"{part.memory_mb:.0f}"
        )
    return table


if __name__ == "__main__":
    if sys.argv[1:2] == ["--index"]:
        index_all(*map(Path, sys.argv[2:]))
    else:
        main(*map(int, sys.argv[1:]))
