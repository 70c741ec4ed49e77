"""Search time: p50 and p95 per mode over a library of a thousand made-up videos."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_files import connect, file_of
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import Mode, SearchRequest
from tests.benchmarks.stand_ins import BenchModels
from tests.support.synthetic import SyntheticRoot

VIDEOS, LINES, FRAMES = 1000, 100, 30
QUERIES = 60


@dataclass(frozen=True)
class SearchTimes:
    """Milliseconds a query for one mode; the baseline is a LIKE scan over the same lines."""

    mode: str
    p50_ms: float
    p95_ms: float


def measure(models: BenchModels, scratch: Path) -> tuple[list[SearchTimes], float]:
    """The times of each mode, model loaded, and the seconds of the publication."""
    root = SyntheticRoot(scratch, dimensions=512)
    root.fill(VIDEOS, LINES, FRAMES)
    started = time.perf_counter()
    info = publish(root.workspace)
    published = time.perf_counter() - started
    settings = root.workspace.settings.model_copy(update={"models": models.settings})
    engine = Engine(settings)
    words = _words(root, info.number)
    times = []
    for mode in Mode:
        engine.search(SearchRequest(query=words[0], mode=mode))
        times.append(_percentiles(mode.value, [_once(engine, word, mode) for word in words[1:]]))
    times.append(_percentiles("baseline: LIKE over all lines", _scan(root, info.number, words)))
    return times, published


def _words(root: SyntheticRoot, number: int) -> list[str]:
    """Pairs of spoken words, common and rare."""
    rows = _lines(root, number)
    generator = np.random.default_rng(1)
    chosen = generator.choice(len(rows), QUERIES + 1, replace=False)
    return [" ".join(rows[index].split()[:2]) for index in chosen]


def _lines(root: SyntheticRoot, number: int) -> list[str]:
    path = file_of(root.workspace.paths, number)
    with connect(path, read_only=True) as db:
        return [text for (text,) in db.execute("SELECT text FROM segments").fetchall()]


def _once(engine: Engine, words: str, mode: Mode) -> float:
    started = time.perf_counter()
    engine.search(SearchRequest(query=words, mode=mode))
    return 1000 * (time.perf_counter() - started)


def _scan(root: SyntheticRoot, number: int, words: list[str]) -> list[float]:
    path = file_of(root.workspace.paths, number)
    taken = []
    with connect(path, read_only=True) as db:
        for pair in words[1:]:
            first, second = pair.split()
            started = time.perf_counter()
            db.execute(
                "SELECT * FROM segments WHERE text ILIKE ? AND text ILIKE ?",
                (f"%{first}%", f"%{second}%"),
            ).fetchall()
            taken.append(1000 * (time.perf_counter() - started))
    return taken


def _percentiles(mode: str, taken: list[float]) -> SearchTimes:
    return SearchTimes(mode, float(np.percentile(taken, 50)), float(np.percentile(taken, 95)))
