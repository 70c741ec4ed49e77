"""Does what holds for minutes hold for an hour? `python -m tests.benchmarks.hour`.

The baseline of each is the film of five minutes of its kind, indexed in the same run.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import indexing, workload
from tests.benchmarks.machine import RESULTS, describe
from tests.benchmarks.processes import Cost
from tests.benchmarks.stand_ins import BenchModels, bench_models

MINUTES = (5, 60)
KINDS = {"talk": workload.talk, "camera": workload.camera}


@dataclass(frozen=True)
class Row:
    """What a film of a kind cost, its length in minutes."""

    kind: str
    minutes: int
    cost: Cost

    @property
    def times_real(self) -> float:
        """How many times faster than it plays it was indexed."""
        return 60 * self.minutes / self.cost.seconds


def main() -> None:
    """Index all of them, each in a process and a data root of its own; takes about a quarter of an hour."""
    console = Console(width=100, highlight=False)
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        models = bench_models(scratch / "weights")
        _indexed("talk", 1, models, scratch)  # models are converted once, when they are first used
        rows = [
            Row(kind, minutes, _indexed(kind, minutes, models, scratch))
            for kind in KINDS
            for minutes in MINUTES
        ]
    console.print(_table(rows))
    record = {**describe(), "films": [asdict(row) for row in rows]}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "hour.json").write_text(json.dumps(record, indent=1) + "\n")


def _indexed(kind: str, minutes: int, models: BenchModels, scratch: Path) -> Cost:
    name = f"{kind}-{minutes}"
    film = KINDS[kind](scratch / name, 60 * minutes)
    return indexing.gaze(film, models, scratch / f"of-{name}")


def _table(rows: list[Row]) -> Table:
    table = Table("film", "seconds", "x real time", "CPU s an hour", "peak MB", "ratio", box=None)
    first = {row.kind: row.times_real for row in reversed(rows)}
    for row in rows:
        table.add_row(
            f"{row.kind}, {row.minutes} min",
            f"{row.cost.seconds:.1f}",
            f"{row.times_real:.1f}",
            f"{60 * row.cost.cpu_seconds / row.minutes:.0f}",
            f"{row.cost.peak_mb:.0f}",
            f"{row.times_real / first[row.kind]:.2f}",
        )
    return table


if __name__ == "__main__":
    main()
