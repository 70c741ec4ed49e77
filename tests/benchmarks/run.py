"""The benchmark: `make bench` prints the tables and keeps them as JSON under results/.

Each figure stands beside its baseline of the same run; compare ratios, not seconds, between machines.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from tests.benchmarks import indexing, searching, workload
from tests.benchmarks.indexing import Run
from tests.benchmarks.machine import RESULTS, describe
from tests.benchmarks.searching import SearchTimes
from tests.benchmarks.stand_ins import BenchModels, bench_models

CLIPS = 20
STAGES_ADDED = ("texts", "meanings")


def main() -> None:
    """Run everything; takes about ten minutes on two cores."""
    console = Console(width=100, highlight=False)
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        models = bench_models(scratch / "weights")
        films = workload.mixed(scratch / "films")
        console.print(_setting(models, films.seconds, len(films.videos)))
        ours = indexing.gaze(films, models, scratch / "gaze")
        theirs = indexing.straightforward(films, models, scratch / "straightforward")
        console.print(_stages(ours, theirs, films.seconds))
        more = indexing.gaze(films, models, scratch / "gaze", channels=indexing.YOUNGEST)
        console.print(_backfill(more, ours, films.seconds))
        one, many = _amortised(models, films.videos[0], scratch)
        console.print(_clips(one, many))
        times, published = searching.measure(models, scratch / "search")
        console.print(_searches(times, published))
    _keep(models, films.seconds, ours, more, theirs, one, many, times, published)


def _amortised(models: BenchModels, source: Path, scratch: Path) -> tuple[Run, Run]:
    """A run over one short clip, and one over many."""
    single = workload.short(scratch / "one", source, 1)
    several = workload.short(scratch / "many", source, CLIPS)
    one = indexing.gaze(single, models, scratch / "gaze-one")
    return one, indexing.gaze(several, models, scratch / "gaze-many")


def _setting(models: BenchModels, seconds: float, videos: int) -> str:
    weights = "official" if models.official else "random weights of the official shapes"
    return (
        f"{videos} videos, {seconds:.0f} s in all; {psutil.cpu_count()} cores; "
        f"real Whisper base, image models: {weights}."
    )


def _stages(ours: Run, theirs: Run, seconds: float) -> Table:
    table = Table("stage", "seconds", "x real time", "straightforward", "ratio", box=None)
    for stage in ("start", "scan", "audio", "transcript", "frames", "embeddings", "detections"):
        _row(table, stage, ours.stages.get(stage, 0.0), theirs.stages.get(stage), seconds)
    _row(table, "publish", ours.stages["publish"], None, seconds)
    _row(table, "whole", ours.total.seconds, theirs.total.seconds, seconds)
    table.add_row("peak MB", f"{ours.total.peak_mb:.0f}", "", f"{theirs.total.peak_mb:.0f}", "")
    return table


def _backfill(more: Run, ours: Run, seconds: float) -> Table:
    """What the channels cost that the straightforward pipeline does not have, added to an indexed library."""
    table = Table("added channel", "seconds", "s an hour of video", "share of the rest", box=None)
    for stage in STAGES_ADDED:
        spent = more.stages.get(stage, 0.0)
        hourly, share = 3600 * spent / seconds, spent / ours.total.seconds
        table.add_row(stage, f"{spent:.1f}", f"{hourly:.0f}", f"{share:.0%}")
    return table


def _row(table: Table, stage: str, ours: float, theirs: float | None, seconds: float) -> None:
    table.add_row(
        stage,
        f"{ours:.1f}",
        f"{seconds / ours:.1f}" if ours else "",
        f"{theirs:.1f}" if theirs else "",
        f"{theirs / ours:.1f}" if theirs and ours else "",
    )


def _clips(one: Run, many: Run) -> str:
    each = many.total.seconds / CLIPS
    return (
        f"One {workload.SHORT_MS // 1000} s clip: {one.total.seconds:.1f} s. {CLIPS} of them in one run: "
        f"{many.total.seconds:.1f} s, {each:.1f} s each: {one.total.seconds / each:.1f} times less "
        f"than {CLIPS} runs."
    )


def _searches(times: list[SearchTimes], published: float) -> Table:
    videos, lines = searching.VIDEOS, searching.VIDEOS * searching.LINES
    frames = searching.VIDEOS * searching.FRAMES
    table = Table("search", "p50 ms", "p95 ms", box=None)
    table.title = f"{videos} videos, {lines} lines, {frames} frames: published in {published:.1f} s"
    for row in times:
        table.add_row(row.mode, f"{row.p50_ms:.1f}", f"{row.p95_ms:.1f}")
    return table


def _keep(
    models: BenchModels,
    seconds: float,
    ours: Run,
    more: Run,
    theirs: Run,
    one: Run,
    many: Run,
    times: list[SearchTimes],
    published: float,
) -> None:
    RESULTS.mkdir(exist_ok=True)
    record = {
        **describe(),
        "official_image_models": models.official,
        "video_seconds": round(seconds, 1),
        "gaze": asdict(ours),
        "youngest_channels": asdict(more),
        "straightforward": asdict(theirs),
        "one_clip": asdict(one),
        f"{CLIPS}_clips": asdict(many),
        "publish_seconds": published,
        "search": [asdict(row) for row in times],
    }
    (RESULTS / "latest.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
