"""Fifty people search and play while videos are indexed: `python -m tests.benchmarks.visitors`.

Each asks for something, opens the first moment and plays its beginning, thinks for a second or two, and asks
again, for half a minute. The baseline of the same run is one person on the quiet machine. Prints a table and
keeps it under results/; takes four minutes.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from gaze_pipeline.settings import ModelSettings
from tests.benchmarks import workload
from tests.benchmarks.machine import RESULTS, describe
from tests.conftest import TEST_MANIFEST, TEST_MODELS
from tests.support.gaze import Gaze
from tests.support.serving import Served, served

VISITORS, SECONDS, FIRST_BYTES, MORE = 50, 30.0, 256 * 1024, 60
QUERIES = (
    *("astronaut", "the cat", "coffee", "rocket launch", "ask not what your country", "a dog"),
    *("a person", "great sorrow", "space telescope", "football", "rabbit", "label:person"),
)


@dataclass
class Visit:
    """How long what was asked for took, in ms, and what went wrong."""

    searches: list[float] = field(default_factory=list)
    plays: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Figures:
    """Of all visitors together."""

    visitors: int
    searches: int
    plays: int
    errors: int
    search_p50_ms: float
    search_p95_ms: float
    play_p50_ms: float
    play_p95_ms: float


def main() -> None:
    """Measure one visitor, then all of them."""
    models = ModelSettings(directory=TEST_MODELS, manifest=TEST_MANIFEST, device="cpu")
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        films = workload.mixed(scratch / "films")
        gaze = Gaze(scratch / "data", models)
        gaze.run("library", "add", str(films.folder))
        gaze.run("index")
        more = workload.short(scratch / "more", films.videos[-1], MORE)
        with served(gaze.root, scratch / "search.log", gaze.environment()) as app:
            asyncio.run(visits(app, 1, 2.0))  # the page warms up once a start
            alone = figures(asyncio.run(visits(app, 1, SECONDS)))
            gaze.run("library", "add", str(more.folder))
            with indexing(gaze):
                met = asyncio.run(visits(app, VISITORS, SECONDS))
    crowd = figures(met)
    console = Console(width=100, highlight=False)
    console.print(table(alone, crowd))
    for error in sorted({error for visit in met for error in visit.errors}):
        console.print(error)
    RESULTS.mkdir(exist_ok=True)
    record = {**describe(), "alone": asdict(alone), "crowd": asdict(crowd)}
    (RESULTS / "visitors.json").write_text(json.dumps(record, indent=1) + "\n")


@contextmanager
def indexing(gaze: Gaze) -> Iterator[None]:
    """`gaze index` at work. Raises AssertionError if it was done before the visitors were."""
    command = [sys.executable, "-m", "gaze_pipeline.cli", "index"]
    process = subprocess.Popen(command, env=gaze.environment(), stdout=subprocess.DEVNULL)
    try:
        yield
        assert process.poll() is None, "indexing was over too early to be in anybody's way"
    finally:
        process.terminate()
        process.wait()


async def visits(app: Served, visitors: int, seconds: float) -> list[Visit]:
    """So many people for so long."""
    headers = {"authorization": f"Bearer {app.token}"}
    limits = httpx.Limits(max_connections=visitors)
    async with httpx.AsyncClient(
        base_url=app.url("").rstrip("/"), headers=headers, timeout=60, limits=limits
    ) as client:
        until = time.monotonic() + seconds
        return await asyncio.gather(
            *(_visit(client, until, random.Random(number)) for number in range(visitors))
        )


async def _visit(client: httpx.AsyncClient, until: float, chance: random.Random) -> Visit:
    visit = Visit()
    await asyncio.sleep(chance.uniform(0, 1))
    while time.monotonic() < until:
        try:
            began = time.perf_counter()
            answer = await client.get("/api/search", params={"q": chance.choice(QUERIES)})
            answer.raise_for_status()
            visit.searches.append(1000 * (time.perf_counter() - began))
            if moments := answer.json()["moments"]:
                visit.plays.append(await _play(client, moments[0]))
        except (httpx.HTTPError, AssertionError) as error:
            visit.errors.append(repr(error))
        await asyncio.sleep(chance.uniform(1, 2))
    return visit


async def _play(client: httpx.AsyncClient, moment: dict[str, object]) -> float:
    """Milliseconds until the beginning of a moment is there."""
    began = time.perf_counter()
    times = {"start_ms": str(moment["start_ms"]), "end_ms": str(moment["end_ms"])}
    how = await client.get(f"/playback/{moment['fingerprint']}", params=times)
    how.raise_for_status()
    part = await client.get(how.json()["url"], headers={"range": f"bytes=0-{FIRST_BYTES - 1}"})
    assert part.status_code == 206, part.status_code
    return 1000 * (time.perf_counter() - began)


def figures(found: list[Visit]) -> Figures:
    """The figures of all of them."""
    searches = [took for visit in found for took in visit.searches]
    plays = [took for visit in found for took in visit.plays]
    times = [float(np.percentile(took, at)) for took in (searches, plays) for at in (50, 95)]
    errors = sum(len(visit.errors) for visit in found)
    return Figures(len(found), len(searches), len(plays), errors, *times)


def table(alone: Figures, crowd: Figures) -> Table:
    """The report for people."""
    shown = Table(box=None, header_style="dim")
    for column in (
        "visitors",
        "searches",
        "plays",
        "errors",
        "search p50",
        "p95",
        "play p50",
        "p95",
    ):
        shown.add_column(column, justify="right")
    for row in (alone, crowd):
        counts = (row.visitors, row.searches, row.plays, row.errors)
        times = (row.search_p50_ms, row.search_p95_ms, row.play_p50_ms, row.play_p95_ms)
        shown.add_row(*map(str, counts), *(f"{ms:.0f} ms" for ms in times))
    return shown


if __name__ == "__main__":
    main()
