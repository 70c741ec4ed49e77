"""How long the first answer takes after a start: `python -m tests.benchmarks.first_answer`.

A made-up library of 200 videos and an image model of the official size; words and pictures are searched.
The baseline is the same Gaze with open_clip encoding the queries. Each figure is the best of three. Prints a
table and keeps it under results/; takes three minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from gaze_pipeline.gate import Access
from gaze_pipeline.services.ports import HOST, free_port
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.snapshot import publish
from tests.benchmarks.asking import ask, session
from tests.benchmarks.machine import RESULTS, describe
from tests.benchmarks.processes import timed
from tests.benchmarks.stand_ins import clip_alone, variables
from tests.support.roots import environment
from tests.support.synthetic import SyntheticRoot

VIDEOS = 200
TRIES = 3
WORDS = ("ba be", "do ka", "mi ru")
OURS = {"page": ["-m", "gaze_search_app.server"], "search": ["-m", "gaze_pipeline.cli", "search"]}
_BASELINE = ["-m", "tests.benchmarks.open_clip_texts"]
BASELINE = {"page": [*_BASELINE, "page"], "search": [*_BASELINE, "search"]}


@dataclass(frozen=True)
class Figures:
    """Seconds since the process began, but for the second answer: that is from the question; MB resident."""

    ready: float
    first_answer: float
    second_answer: float
    page_mb: float
    command: float
    command_mb: float


def main() -> None:
    """Measure both ways by turns."""
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        root = SyntheticRoot(scratch / "data", dimensions=512)
        root.fill(VIDEOS)
        publish(root.workspace)
        chosen = {**variables(clip_alone(scratch / "models")), "GAZE_DATA": str(root.root)}
        paths = root.workspace.paths
        tries = [(_once(OURS, paths, chosen), _once(BASELINE, paths, chosen)) for _ in range(TRIES)]
    ours, baseline = (_best(found) for found in zip(*tries, strict=True))
    Console(width=100, highlight=False).print(_table(ours, baseline))
    RESULTS.mkdir(exist_ok=True)
    kept = {**describe(), "videos": VIDEOS, "gaze": asdict(ours), "open_clip": asdict(baseline)}
    (RESULTS / "first_answer.json").write_text(json.dumps(kept, indent=1) + "\n")


def _once(
    commands: Mapping[str, Sequence[str]], paths: DataPaths, chosen: Mapping[str, str]
) -> Figures:
    ready, first, second, page_mb = _page(commands["page"], paths, chosen)
    cost = timed([*commands["search"], WORDS[0]], chosen)
    return Figures(ready, first, second, page_mb, cost.seconds, cost.peak_mb)


def _page(
    command: Sequence[str], paths: DataPaths, chosen: Mapping[str, str]
) -> tuple[float, float, float, float]:
    port = free_port()
    variables = environment({**chosen, "GAZE_SERVICES__SEARCH_PORT": str(port)})
    token = Access.open(paths).token
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], env=variables)
    try:
        _await(port, token)
        ready = time.perf_counter() - started
        with session(port, token) as visitor:
            ask(visitor, WORDS[0])
            first = time.perf_counter() - started
            asked = time.perf_counter()
            ask(visitor, WORDS[1])
            second = time.perf_counter() - asked
        page_mb = psutil.Process(process.pid).memory_info().rss / 1e6
    finally:
        process.terminate()
        process.wait(30)
    return ready, first, second, page_mb


def _await(port: int, token: str) -> None:
    """Wait until the page's server answers."""
    headers = {"Authorization": f"Bearer {token}"}
    while True:
        try:
            httpx.get(f"http://{HOST}:{port}/healthz", headers=headers).raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.02)


def _best(found: Sequence[Figures]) -> Figures:
    rows = [asdict(one) for one in found]
    return Figures(**{name: round(min(row[name] for row in rows), 3) for name in rows[0]})


def _table(ours: Figures, baseline: Figures) -> Table:
    table = Table("", "Gaze", "with open_clip", "ratio", box=None, header_style="dim")
    names = {
        "ready": "the page's server answers, s",
        "first_answer": "first answer, since the start, s",
        "second_answer": "second answer, s",
        "page_mb": "memory of the page, MB",
        "command": "`gaze search WORDS`, s",
        "command_mb": "its memory, MB",
    }
    for name, words in names.items():
        one, other = getattr(ours, name), getattr(baseline, name)
        digits = 0 if name.endswith("mb") else 2
        table.add_row(words, f"{one:.{digits}f}", f"{other:.{digits}f}", f"{other / one:.1f}")
    return table


if __name__ == "__main__":
    main()
