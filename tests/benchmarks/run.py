"""The benchmark: `make bench` prints the tables and keeps them as JSON under results/.

Each figure stands beside its baseline of the same run; compare ratios, not seconds, between machines.
`python -m tests.benchmarks.run 60` takes films of an hour in the place of five minutes.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from tests.benchmarks import indexing, searching, workload
from tests.benchmarks.indexing import Run
from tests.benchmarks.machine import RESULTS, describe
from tests.benchmarks.processes import Cost
from tests.benchmarks.searching import SearchTimes
from tests.benchmarks.stand_ins import BenchModels, bench_models
from tests.benchmarks.workload import Workload

MINUTES = 5
STAGES = ("start", "scan", "audio", "transcript", "frames", "embeddings", "detections", "publish")
STAGES_ADDED = ("texts", "meanings")


@dataclass(frozen=True)
class Indexed:
    """What it cost to index a film of so many seconds.

    Gaze as it is, with each stage alone, and its younger channels after that; the straightforward pipeline.
    """

    seconds: float
    gaze: Cost
    kept_mb: float
    alone: Run
    added: Run
    straightforward: Run


def main(minutes: int = MINUTES) -> None:
    """Run everything; takes about a quarter of an hour on two cores."""
    console = Console(width=110, highlight=False)
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        models = bench_models(scratch / "weights")
        films = {
            "talk": workload.talk(scratch / "talk", 60 * minutes),
            "camera": workload.camera(scratch / "camera", 60 * minutes),
        }
        console.print(_setting(models, minutes))
        # Models are converted once, when they are first used.
        first = workload.cut(scratch / "first", [(films["talk"].videos[0], 0)], workload.CLIP_MS)
        indexing.gaze(first, models, scratch / "of-first")
        found: dict[str, Indexed] = {}
        for name, film in films.items():
            found[name] = _indexed(film, models, scratch / f"of-{name}")
            console.print(_stages(name, found[name]), _added(found[name]))
        clips = workload.divided(scratch / "clips", films["talk"].videos[0])
        apart = indexing.gaze(clips, models, scratch / "of-clips")
        console.print(_clips(found["talk"].gaze, apart, len(clips.videos)))
        times, published = searching.measure(models, scratch / "search")
        console.print(_searches(times, published))
    record = {
        **describe(),
        "official_image_models": models.official,
        **{name: asdict(indexed) for name, indexed in found.items()},
        "clips": {"count": len(clips.videos), **asdict(apart)},
        "publish_seconds": published,
        "search": [asdict(row) for row in times],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latest.json").write_text(json.dumps(record, indent=1) + "\n")


def _indexed(film: Workload, models: BenchModels, scratch: Path) -> Indexed:
    """Index a film in each way; the younger channels are added to what Gaze has indexed."""
    whole, alone = scratch / "whole", scratch / "alone"
    scratch.mkdir()
    return Indexed(
        film.seconds,
        indexing.gaze(film, models, whole),
        _size_mb(whole),
        indexing.by_stage(film, models, alone, scratch / "alone.json"),
        indexing.by_stage(film, models, alone, scratch / "added.json", indexing.YOUNGEST),
        indexing.straightforward(film, models, scratch / "straightforward"),
    )


def _size_mb(root: Path) -> float:
    return sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) / 1e6


def _setting(models: BenchModels, minutes: int) -> str:
    weights = "official" if models.official else "random weights of the official shapes"
    return (
        f"Films of {minutes} min, 1080p, 30 frames a second; {psutil.cpu_count()} cores; "
        f"real Whisper base, image models: {weights}."
    )


def _stages(name: str, indexed: Indexed) -> Table:
    columns = ("seconds", "x real time", "share", "CPU s an hour", "straightforward", "ratio")
    table = Table(name, *columns, box=None)
    alone, theirs = indexed.alone, indexed.straightforward
    rows = [
        (stage, alone.stages[stage], alone.cpu.get(stage), theirs.stages.get(stage))
        for stage in STAGES
    ]
    rows.append(("one by one", alone.total.seconds, alone.total.cpu_seconds, None))
    whole = indexed.gaze
    rows.append(("whole", whole.seconds, whole.cpu_seconds, theirs.total.seconds))
    for stage, seconds, cpu, other in rows:
        table.add_row(
            stage,
            f"{seconds:.1f}",
            f"{indexed.seconds / seconds:.1f}",
            f"{seconds / alone.total.seconds:.0%}",
            f"{3600 * cpu / indexed.seconds:.0f}" if cpu else "",
            f"{other:.1f}" if other else "",
            f"{other / seconds:.1f}" if other else "",
        )
    peaks = f"{whole.peak_mb:.0f}", f"{theirs.total.peak_mb:.0f}"
    table.add_row("peak MB", peaks[0], "", "", "", peaks[1])
    table.add_row("disk, MB an hour", f"{3600 * indexed.kept_mb / indexed.seconds:.0f}")
    return table


def _added(indexed: Indexed) -> Table:
    """What the channels cost that the straightforward pipeline does not have."""
    table = Table("added channel", "seconds", "CPU s an hour", "share of the rest", box=None)
    for stage in STAGES_ADDED:
        spent, cpu = indexed.added.stages[stage], indexed.added.cpu[stage]
        share = spent / indexed.alone.total.seconds
        table.add_row(stage, f"{spent:.1f}", f"{3600 * cpu / indexed.seconds:.0f}", f"{share:.0%}")
    return table


def _clips(whole: Cost, apart: Cost, count: int) -> str:
    ratio = apart.seconds / whole.seconds
    return (
        f"The talk in {count} clips of {workload.CLIP_MS // 1000} s: {apart.seconds:.1f} s, "
        f"{ratio:.2f} times the one file; {apart.peak_mb:.0f} MB."
    )


def _searches(times: list[SearchTimes], published: float) -> Table:
    videos, lines = searching.VIDEOS, searching.VIDEOS * searching.LINES
    frames = searching.VIDEOS * searching.FRAMES
    table = Table("search", "p50 ms", "p95 ms", box=None)
    table.title = f"{videos} videos, {lines} lines, {frames} frames: published in {published:.1f} s"
    for row in times:
        table.add_row(row.mode, f"{row.p50_ms:.1f}", f"{row.p95_ms:.1f}")
    return table


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
