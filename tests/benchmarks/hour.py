"""An hour of film, or so many minutes, and a hundred clips: `python -m tests.benchmarks.hour [MINUTES]`.

The baseline of the film is the straightforward pipeline on the same film, that of the clips one film of the
same length and content; each is measured in the same run.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import indexing, workload
from tests.benchmarks.machine import RESULTS, describe
from tests.benchmarks.processes import Cost
from tests.benchmarks.stand_ins import BenchModels, bench_models
from tests.benchmarks.workload import Workload

MINUTES = 60
CLIPS = 100
KINDS = {"talk": workload.talk, "camera": workload.camera}


@dataclass(frozen=True)
class Row:
    """What so many seconds of film cost, and what its baseline did."""

    film: str
    seconds: float
    gaze: Cost
    baseline: Cost


def main(minutes: int = MINUTES) -> None:
    """Index all of them, each in a process and a data root of its own; takes three quarters of an hour."""
    console = Console(width=110, highlight=False)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        models = bench_models(scratch / "weights")
        first = workload.talk(scratch / "first", 60)
        _indexed(first, models, scratch)  # models are converted once, when they are first used
        rows.append(_clips(models, scratch))
        console.print(_table(rows[-1:], "one film"))
        for kind, film in KINDS.items():
            long = film(scratch / kind, 60 * minutes)
            whole = _indexed(long, models, scratch)
            theirs = indexing.straightforward(long, models, scratch / f"straightforward-{kind}")
            rows.append(Row(f"{kind}, {minutes} min", long.seconds, whole, theirs.total))
            console.print(_table(rows[-1:], "straightforward"))
    record = {**describe(), "films": [asdict(row) for row in rows]}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "hour.json").write_text(json.dumps(record, indent=1) + "\n")


def _clips(models: BenchModels, scratch: Path) -> Row:
    whole = workload.talk(scratch / "whole", CLIPS * workload.CLIP_MS // 1000)
    clips = workload.divided(scratch / "clips", whole.videos[0])
    apart = _indexed(clips, models, scratch)
    name = f"talk, {len(clips.videos)} clips"
    return Row(name, clips.seconds, apart, _indexed(whole, models, scratch))


def _indexed(film: Workload, models: BenchModels, scratch: Path) -> Cost:
    return indexing.gaze(film, models, scratch / f"of-{film.folder.name}")


def _table(rows: list[Row], baseline: str) -> Table:
    columns = ("seconds", "x real time", "CPU s an hour", "peak MB", f"{baseline}, s", "ratio")
    table = Table("film", *columns, box=None)
    for row in rows:
        table.add_row(
            row.film,
            f"{row.gaze.seconds:.1f}",
            f"{row.seconds / row.gaze.seconds:.1f}",
            f"{3600 * row.gaze.cpu_seconds / row.seconds:.0f}",
            f"{row.gaze.peak_mb:.0f}",
            f"{row.baseline.seconds:.1f}",
            f"{row.baseline.seconds / row.gaze.seconds:.2f}",
        )
    return table


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
