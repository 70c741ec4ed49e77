"""What a publication costs after a small change, beside making all anew.

python -m tests.benchmarks.publishing [--films 5000 --lines 200 --frames 200]

The library is made up (see `million_library`); that one has a million lines and a million frames. Each
publication runs in a process of its own. Copies are sought among real videos, each beside four copies of it
(see `tests.quality.copied`). Prints tables and keeps them under results/.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from gaze_pipeline.duplicates.find import find_copies
from gaze_pipeline.models.fetch import pull
from gaze_pipeline.models.manifest import load_manifest
from gaze_pipeline.settings import ModelSettings, Settings
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace
from tests.benchmarks.machine import RESULTS, describe
from tests.benchmarks.million_library import Library, Size
from tests.conftest import SHARED_MEDIA, TEST_MANIFEST, TEST_MODELS
from tests.quality.copied import indexed, made
from tests.support.synthetic import unsynced

CLIP = Size(0, lines=10, frames=15)
"""A clip of 30 s."""
BATCH = 16


@dataclass(frozen=True)
class Cost:
    """Of one publication: seconds of the wall and of all threads, memory at its peak, what was written."""

    what: str
    seconds: float
    cpu_s: float
    peak_mb: float
    written_mb: float


@dataclass(frozen=True)
class Comparing:
    """Videos that were compared with each other, and the seconds of all processes for an hour of them."""

    videos: int
    hours: float
    pairs: int
    cpu_s_an_hour: float


def main() -> None:
    """Measure; a million lines and frames take half an hour."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--place", type=Path, help="where the library is kept for the next time")
    chosen = parser.parse_args()
    size = Size(chosen.films, chosen.lines, chosen.frames)
    console = Console(width=100, highlight=False)
    with tempfile.TemporaryDirectory() as scratch:
        costs = list(publications(Library(chosen.place or Path(scratch), size)))
        console.print(table(size, costs))
        found = {"publications": [asdict(cost) for cost in costs]}
        _keep(f"publishing-{size.name}", found)
        if SHARED_MEDIA.is_dir():
            comparing = copies(Path(scratch))
            console.print(_told(comparing))
            _keep("copies", asdict(comparing))


def publications(library: Library) -> Iterator[Cost]:
    """The cost of making all anew, and after small changes."""
    library.fill()
    settings, films = library.root.settings, library.size.films
    clips = Library(library.root.root.parent, CLIP)

    def add(source: Library, numbers: Sequence[int]) -> None:
        with unsynced():
            for number in numbers:
                library.root.add(source.film(number))

    yield _alone("all of it anew", settings, anew=True)
    yield _alone("nothing new", settings)
    add(clips, [films])
    yield _alone("a new clip of 30 s", settings)
    add(library, range(films + 1, films + 1 + BATCH))
    yield _alone(f"{BATCH} new videos", settings)
    library.root.workspace.catalog.videos.remove(library.film(films // 2).fingerprint)
    yield _alone("a video is gone", settings)


def copies(scratch: Path) -> Comparing:
    """What it costs to compare every video with all others."""
    folder = scratch / "films"
    folder.mkdir()
    dict(made(folder))
    for kind in ("clip", "detector"):
        pull(load_manifest(TEST_MANIFEST).of_kind(kind), TEST_MODELS)
    models = ModelSettings(directory=TEST_MODELS, manifest=TEST_MANIFEST, device="cpu")
    workspace = indexed(scratch / "data", folder, models)
    known = workspace.catalog.copies
    known.record(dict.fromkeys(known.compared(), "not yet"))
    known.reach(0)
    began = _spent()
    count = find_copies(workspace)
    hours = sum(video.duration_ms for video in workspace.catalog.videos.all()) / 3_600_000
    return Comparing(count, hours, len(known.pairs()), (_spent() - began) / hours)


def table(size: Size, costs: Sequence[Cost]) -> Table:
    """The figures, to be printed."""
    shown = Table("publication", "s", "CPU s", "ratio", "peak MB", "written MB", box=None)
    shown.title = (
        f"{size.films} videos, {size.films * size.lines} lines, {size.films * size.frames} frames"
    )
    for cost in costs:
        shown.add_row(
            cost.what,
            f"{cost.seconds:.1f}",
            f"{cost.cpu_s:.1f}",
            f"{costs[0].cpu_s / cost.cpu_s:.0f}",
            f"{cost.peak_mb:.0f}",
            f"{cost.written_mb:.0f}",
        )
    return shown


def _told(comparing: Comparing) -> str:
    return (
        f"Comparing {comparing.videos} videos of {60 * comparing.hours:.0f} min, {comparing.pairs} pairs of "
        f"which share content: {comparing.cpu_s_an_hour:.0f} s of one core for an hour of video."
    )


def _keep(name: str, found: Mapping[str, Any]) -> None:
    record = json.dumps({**describe(), **found}, indent=1)
    (RESULTS / f"{name}.json").write_text(record + "\n")


def _alone(what: str, settings: Settings, anew: bool = False) -> Cost:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_published, what, settings, anew).result()


def _published(what: str, settings: Settings, anew: bool) -> Cost:
    workspace = Workspace(settings)
    process = psutil.Process()
    written, cpu, began = (
        process.io_counters().write_bytes,
        time.process_time(),
        time.perf_counter(),
    )
    publish(workspace, anew=anew)
    return Cost(
        what,
        time.perf_counter() - began,
        time.process_time() - cpu,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        (process.io_counters().write_bytes - written) / 1e6,
    )


def _spent() -> float:
    """The seconds of this process and those that it started."""
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(sum(member.cpu_times()[:2]) for member in family)


if __name__ == "__main__":
    main()
