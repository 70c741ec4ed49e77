"""A month of daily change, day by day in a minute: does disk use stay in proportion to the library?

    python -m tests.benchmarks.month [--videos 60] [--days 30]

Every day a tenth of the videos is new, a tenth changed and a tenth deleted; real Dagster runs over what
is new are recorded, two snapshots are published, the sensors tick, and the nightly upkeep runs. Records
are dated to their day. Prints the size of each store by day, and of a root made at once from the same
library.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import numpy as np

from gaze_pipeline.formats import size
from gaze_pipeline.instance import open_instance
from gaze_pipeline.settings import DAY_S, RetentionSettings, Settings
from gaze_pipeline.states import Stage
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.upkeep import upkeep
from gaze_pipeline.workspace import Workspace
from tests.support.run_records import run_stages
from tests.support.synthetic import Film, Line, SyntheticRoot, unsynced

STORES = ("artifacts", "index", "vectors", "clips", "dagster", "catalog")
SHARE = 10
"""One video in so many is new, changed, and deleted each day."""

DELETED_DAYS = 5
TICKS = 40
"""Sensor ticks a day that are recorded; Dagster drops skipped ones by itself after a day."""


@dataclass
class Month:
    """A data root that lives; `films` are those there now, by fingerprint."""

    root: SyntheticRoot
    instance: dg.DagsterInstance
    started: float = field(default_factory=time.time)
    films: list[Film] = field(default_factory=list)
    made: int = 0
    stages: Sequence[Stage] = tuple(Stage)

    def add(self, count: int) -> list[Film]:
        """New videos, with what the stages make of them."""
        fresh = [self._film() for _ in range(count)]
        with unsynced():
            for film in fresh:
                self.root.add(film)
        self.films += fresh
        return fresh

    def record(self, fresh: Sequence[Film]) -> None:
        """Let Dagster run over them, which makes its records."""
        self.instance.add_dynamic_partitions("videos", [film.fingerprint for film in fresh])
        run_stages(self.instance, fresh[0].fingerprint, fresh[-1].fingerprint, self.stages)

    def drop(self, count: int) -> None:
        """The oldest files are deleted; their videos wait for their time."""
        for film in self.films[:count]:
            self.root.workspace.catalog.files.record(remove=[_path(film)])
            self.instance.delete_dynamic_partition("videos", film.fingerprint)
        self.films = self.films[count:]

    def live(self, day: int) -> None:
        """A day and the night after it."""
        count = max(1, len(self.films) // SHARE)
        self.drop(2 * count)  # a changed file is another video
        added = self.add(count)
        publish(self.root.workspace)
        added += self.add(count)
        publish(self.root.workspace)
        self.record(added)
        clips = self.root.workspace.paths.clips
        clips.mkdir(exist_ok=True)
        (clips / f"{self.films[-1].fingerprint}-0-end-transcode@0.mp4").write_bytes(b"x" * 50_000)
        self.date(day)
        now = self.started + day * DAY_S + 3600
        for done in upkeep(self.root.workspace, now):
            if done.error is not None:
                raise done.error

    def date(self, day: int) -> None:
        """Date what was recorded today to this day of the month, and the ticks of its sensors."""
        home = self.root.workspace.paths.dagster_home
        today = f"+{day * 24} hours"
        columns = {
            home / "history" / "runs.db": [
                ("runs", "create_timestamp"),
                ("runs", "update_timestamp"),
            ],
            home / "history" / "runs" / "index.db": [
                ("event_logs", "timestamp"),
                ("asset_check_executions", "create_timestamp"),
            ],
        }
        fresh = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.started + DAY_S / 2))
        for path, places in columns.items():
            with sqlite3.connect(path) as db:
                for table, column in places:
                    db.execute(
                        f"UPDATE {table} SET {column} = datetime({column}, ?) WHERE {column} < ?",
                        (today, fresh),
                    )
        with sqlite3.connect(home / "schedules" / "schedules.db") as db:
            at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.started + day * DAY_S))
            body = json.dumps({"run_keys": [film.fingerprint for film in self.films[-5:]]})
            db.executemany(
                "INSERT INTO job_ticks (job_origin_id, status, type, timestamp, tick_body) "
                "VALUES ('folders', 'SUCCESS', 'SENSOR', ?, ?)",
                [(at, body * 4)] * TICKS,
            )

    def _film(self) -> Film:
        self.made += 1
        fingerprint = hashlib.sha256(f"{self.made}".encode()).hexdigest()[:16]
        said = [
            Line(
                3000 * i,
                3000 * i + 2500,
                f"line {i} of video {self.made} says {fingerprint[i % 9 :]}",
            )
            for i in range(20)
        ]
        vectors = self.root.near_topics(np.arange(30))
        return Film(fingerprint, said, vectors, {i: ["dog"] for i in range(0, 30, 3)})


def live(
    root: Path, videos: int, days: int, stages: Sequence[Stage] = tuple(Stage)
) -> Iterator[Mapping[str, int]]:
    """The bytes of each store after each night, the first before any; `stages` are those recorded."""
    with _begun(root, videos, stages) as month:
        yield sizes(month.root.workspace)
        for day in range(1, days + 1):
            month.live(day)
            yield sizes(month.root.workspace)


def fresh(root: Path, videos: int, stages: Sequence[Stage] = tuple(Stage)) -> Mapping[str, int]:
    """The bytes of each store of a root of so many videos that was made at once."""
    with _begun(root, videos, stages) as month:
        return sizes(month.root.workspace)


def sizes(workspace: Workspace) -> Mapping[str, int]:
    """The bytes of each store."""
    found = dict.fromkeys(STORES, 0)
    for path in workspace.paths.root.rglob("*"):
        if path.is_file():
            first = path.relative_to(workspace.paths.root).parts[0]
            name = "catalog" if first.startswith("catalog") else first
            if name in found:
                found[name] += path.stat().st_size
    return found


@contextmanager
def _begun(place: Path, videos: int, stages: Sequence[Stage]) -> Iterator[Month]:
    root = SyntheticRoot(place, dimensions=256)
    root.settings = Settings(root=place, retention=RetentionSettings(deleted_days=DELETED_DAYS))
    with open_instance(root.settings.paths) as instance:
        month = Month(root, instance, stages=stages)
        month.record(month.add(videos))
        publish(root.workspace)
        list(upkeep(root.workspace))
        yield month


def _path(film: Film) -> Path:
    return film.path or Path("/films") / f"{film.fingerprint}.mp4"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=60)
    parser.add_argument("--days", type=int, default=30)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        print("day ", *(f"{name:>10}" for name in (*STORES, "all")))
        for day, found in enumerate(live(Path(folder) / "month", chosen.videos, chosen.days)):
            _print(f"{day:<4}", found)
        _print("new ", fresh(Path(folder) / "fresh", chosen.videos))
        print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)


def _print(head: str, found: Mapping[str, int]) -> None:
    print(
        head,
        *(f"{size(found[name]):>10}" for name in STORES),
        f"{size(sum(found.values())):>10}",
        flush=True,
    )


if __name__ == "__main__":
    main()
