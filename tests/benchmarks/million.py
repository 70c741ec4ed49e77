"""Search time in a library of a million lines and a million frames: `python -m tests.benchmarks.million`.

The library is made up (see `million_library`) and published by the real code; both are kept under
.artifacts/million and used again. The baseline of the same run is what DuckDB and LanceDB give without
Gaze's own tables: `match_bm25` over the full-text index as it is built, then a scan of all vectors, one
after the other, and nothing made of what they find. Prints a table and keeps it under results/.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from gaze_pipeline.settings import ModelSettings
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_files import connect, current_revision, file_of
from gaze_pipeline.store.snapshot_postings import FULL_TEXT
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.store.text import query_words
from gaze_pipeline.store.vector_reader import connect as vectors_of
from gaze_pipeline.store.vector_tables import FRAMES as FRAME_TABLES
from gaze_pipeline.workspace import Workspace
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import Mode, SearchRequest
from gaze_search_app.search.visual import MOST
from tests.benchmarks.machine import RESULTS, describe
from tests.benchmarks.million_library import Library, LibraryEncoder, Size
from tests.benchmarks.stand_ins import clip_alone

PLACE = Path(".artifacts/million")
QUERIES, WARMING, BASELINE_QUERIES, RECALLED = 200, 100, 10, 30
LINES, FRAMES, NEAREST = 1000, MOST, 10
_MATCH = """SELECT id, bm25 FROM (SELECT id, fts_main_segments.match_bm25(id, $query) AS bm25
    FROM segments) WHERE bm25 IS NOT NULL ORDER BY bm25 DESC, id LIMIT $most"""


@dataclass(frozen=True)
class Times:
    """Milliseconds a query: of the wall clock, and of all the process's threads together."""

    what: str
    p50_ms: float
    p95_ms: float
    cpu_p50_ms: float
    cpu_p95_ms: float


@dataclass(frozen=True)
class Report:
    """A whole measurement; `recall` is of the ten nearest frames, beside a scan of all."""

    lines: int
    frames: int
    publish_s: float | None
    first_s: float
    memory_mb: float
    recall: float
    times: list[Times]
    baselines: list[Times]


def main() -> None:
    """Measure; the first run takes a quarter of an hour to make the library."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=5000, help="of 200 lines and 200 frames each")
    library = Library(PLACE, Size(parser.parse_args().films))
    library.fill()
    report = measure(library)
    Console(width=100, highlight=False).print(table(report))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "million.json").write_text(
        json.dumps({**describe(), **asdict(report)}, indent=1) + "\n"
    )


def measure(library: Library) -> Report:
    """The times of each mode, and of the baseline."""
    published = published_anew(library)
    models = text_model(PLACE / "model")
    priced = Workspace(library.root.settings.model_copy(update={"models": models})).models
    engine = Engine(library.root.settings, lambda: LibraryEncoder(library, priced.clip_text()))
    began = time.perf_counter()
    engine.search(SearchRequest(query=library.queries(1, 0)[0]))
    first = time.perf_counter() - began
    times = []
    for mode in Mode:
        for query in library.queries(WARMING, 1):
            engine.search(SearchRequest(query=query, mode=mode))
        asks = [
            partial(engine.search, SearchRequest(query=query, mode=mode))
            for query in library.queries(QUERIES, 2)
        ]
        times.append(timed(mode.value, asks))
    memory = psutil.Process().memory_info().rss / 1e6
    snapshot = engine.snapshots.latest()
    recall, baselines = beside(library, snapshot)
    info = snapshot.info
    return Report(info.segments, info.vectors, published, first, memory, recall, times, baselines)


def text_model(folder: Path) -> ModelSettings:
    """An image model of the official shape, made once."""
    if not (folder / "models").exists():
        return clip_alone(folder)
    return ModelSettings(
        directory=folder / "models", manifest=folder / "manifest.toml", device="cpu"
    )


def published_anew(library: Library) -> float | None:
    """The seconds of a publication, None where there is one of the present layout already."""
    workspace = library.root.workspace
    if current_revision(workspace.paths) == workspace.catalog.revision():
        return None
    began = time.perf_counter()
    publish(workspace)
    return time.perf_counter() - began


def beside(library: Library, snapshot: Snapshot) -> tuple[float, list[Times]]:
    """The recall of the vector index, and the times of the baseline."""
    texts = library.queries(BASELINE_QUERIES, 2)
    flat = _flat(library, snapshot)
    sought = [library.text_vector(text) for text in library.queries(RECALLED, 3)]
    found = [_key(flat(vector, NEAREST)) for vector in sought]
    assert snapshot.vectors is not None
    near = [_key(pa.table(snapshot.vectors.nearest(vector, FRAMES))) for vector in sought]
    recall = np.mean(
        [len(set(a) & set(b[:NEAREST])) / NEAREST for a, b in zip(found, near, strict=True)]
    )
    match = _match(library, snapshot)
    words = [partial(match, text) for text in texts]
    looks = [partial(flat, library.text_vector(text), FRAMES) for text in texts]
    both = [partial(_after, one, other) for one, other in zip(words, looks, strict=True)]
    named = (("transcript", words), ("visual", looks), ("both", both))
    return float(recall), [timed(what, asks) for what, asks in named]


def timed(what: str, asks: Sequence[Callable[[], object]]) -> Times:
    """How long each takes."""
    wall, cpu = [], []
    for ask in asks:
        began, spent = time.perf_counter(), time.process_time()
        ask()
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - spent))
    figures = (float(np.percentile(taken, share)) for taken in (wall, cpu) for share in (50, 95))
    return Times(what, *figures)


def _match(library: Library, snapshot: Snapshot) -> Callable[[str], object]:
    """DuckDB's own ranking, over an index of the same lines that is made once."""
    place = library.root.root / "baseline.duckdb"
    if not place.exists():
        unfinished = place.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with connect(unfinished, read_only=False) as db:
            file = file_of(library.root.settings.paths, snapshot.info.number)
            db.execute(f"ATTACH '{file}' AS published (READ_ONLY)")
            db.execute("CREATE TABLE segments AS SELECT id, tokens FROM published.segments")
            db.execute(FULL_TEXT.format(table="segments"))
        unfinished.rename(place)
    db = connect(place, read_only=True)

    def match(text: str) -> object:
        tokens = sorted(frozenset[str]().union(*query_words(text, snapshot.languages)))
        return db.execute(_MATCH, {"query": " ".join(tokens), "most": LINES}).fetchall()

    return match


def _flat(library: Library, snapshot: Snapshot) -> Callable[..., object]:
    """A scan of all vectors."""
    opened = vectors_of(library.root.settings.paths).open_table(snapshot.info.vector_table)
    opened.checkout(snapshot.info.vector_version)

    def nearest(vector: object, limit: int) -> object:
        query = opened.search(vector, vector_column_name="vector").distance_type("dot")
        columns = [*FRAME_TABLES.columns, "_distance"]
        return query.bypass_vector_index().select(columns).limit(limit).to_arrow()

    return nearest


def _key(found: object) -> list[tuple[str, int]]:
    """Which frames these are."""
    names = ("fingerprint", "frame_index")
    return list(zip(*(found[name].to_pylist() for name in names), strict=True))  # type: ignore[index]


def _after(one: Callable[[], object], other: Callable[[], object]) -> None:
    one()
    other()


def table(report: Report) -> Table:
    """The report for people."""
    shown = Table(box=None, header_style="dim")
    shown.title = (
        f"{report.lines:,} lines, {report.frames:,} frames; {report.memory_mb:.0f} MB in memory, "
        f"first answer {report.first_s:.1f} s, recall@{NEAREST} {report.recall:.3f}"
    )
    for column in ("search", "p50 ms", "p95 ms", "CPU p50", "CPU p95", "plain p50 ms", "ratio"):
        shown.add_column(column, justify="left" if column == "search" else "right")
    plain = {row.what: row for row in report.baselines}
    for row in report.times:
        base = plain[row.what]
        figures = (row.p50_ms, row.p95_ms, row.cpu_p50_ms, row.cpu_p95_ms, base.p50_ms)
        shown.add_row(row.what, *(f"{x:.1f}" for x in figures), f"{base.p50_ms / row.p50_ms:.1f}")
    return shown


if __name__ == "__main__":
    main()
