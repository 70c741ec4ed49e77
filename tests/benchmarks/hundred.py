"""A hundred videos, twenty of them damaged, indexed in one go: `python -m tests.benchmarks.hundred`.

The baseline is the same library without the damaged files, indexed in the same run: what they cost, and
whether what is searchable of the others is the same, row for row.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gaze_pipeline.settings import Settings
from gaze_pipeline.store.snapshot_files import connect, current, file_of
from gaze_pipeline.workspace import Workspace
from tests.benchmarks import indexing, workload
from tests.benchmarks.machine import RESULTS, describe
from tests.benchmarks.processes import Cost
from tests.benchmarks.stand_ins import bench_models
from tests.support.damage import damaged, whole_clips

GOOD, BAD = 80, 20
CLIP_MS = 4_000


def main() -> None:
    """Index both libraries and compare."""
    console = Console(width=100, highlight=False)
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        models = bench_models(scratch / "weights")
        sound = _good(scratch)
        without = indexing.gaze(sound, models, scratch / "without")
        _add_bad(sound.folder, scratch)
        within = indexing.gaze(sound, models, scratch / "with", all_good=False)
        states = _states(scratch / "with")
        same = _rows(scratch / "without") == _rows(scratch / "with")
    console.print(_table(sound.seconds, without, within))
    console.print(", ".join(f"{number} {state}" for state, number in sorted(states.items())))
    console.print(
        f"What is searchable of the {GOOD} good videos is {'' if same else 'NOT '}the same."
    )
    record = {
        **describe(),
        "good_seconds": round(sound.seconds, 1),
        "without_bad": asdict(without),
        "with_bad": asdict(within),
        "states": states,
        "same_rows": same,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "hundred.json").write_text(json.dumps(record, indent=1) + "\n")


def _good(scratch: Path) -> workload.Workload:
    """Four-second clips of everything that the main benchmark indexes whole."""
    films = workload.mixed(scratch / "films")
    lengths = {video: workload.length_ms(video) for video in films.videos}
    cuts = [
        (video, start)
        for start in range(0, max(lengths.values()), CLIP_MS)
        for video, length in lengths.items()
        if start + CLIP_MS <= length
    ]
    assert len(cuts) >= GOOD
    return workload.cut(scratch / "library", cuts[:GOOD], CLIP_MS)


def _add_bad(folder: Path, scratch: Path) -> None:
    clips = scratch / "whole"
    clips.mkdir()
    for file in damaged(whole_clips(clips), BAD):
        (folder / file.name).write_bytes(file.content)


def _states(root: Path) -> dict[str, int]:
    catalog = Workspace(Settings(root=root)).catalog
    refused = [file.error_code.name for file in catalog.files.all() if file.error_code]
    return dict(Counter([video.state.value for video in catalog.videos.all()] + refused))


def _rows(root: Path) -> list[tuple[object, ...]]:
    """Every line and frame of the good videos, which are named by number alone."""
    paths = Settings(root=root).paths
    info = current(paths)
    assert info is not None
    with connect(file_of(paths, info.number), read_only=True) as db:
        return db.execute(
            """WITH good AS (SELECT fingerprint FROM files WHERE regexp_matches(path, '/\\d{3}\\.mp4$'))
            SELECT fingerprint, start_ms, end_ms, text FROM segments SEMI JOIN good USING (fingerprint)
            UNION ALL
            SELECT fingerprint, timestamp_ms, until_ms, '' FROM frames SEMI JOIN good USING (fingerprint)
            ORDER BY ALL"""
        ).fetchall()


def _table(seconds: float, without: Cost, within: Cost) -> Table:
    table = Table("", "videos", "seconds", "x real time", "s a video", "peak MB", "ratio", box=None)
    for name, run, videos in (
        ("good alone", without, GOOD),
        (f"with {BAD} damaged", within, GOOD + BAD),
    ):
        spent = run.seconds
        table.add_row(
            name,
            str(videos),
            f"{spent:.1f}",
            f"{seconds / spent:.1f}",
            f"{spent / videos:.2f}",
            f"{run.peak_mb:.0f}",
            f"{spent / without.seconds:.2f}",
        )
    return table


if __name__ == "__main__":
    main()
