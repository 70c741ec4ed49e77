"""Dagster's records on the disk: its SQLite files and the logs of its runs.

Read and written here without Dagster, whose own interface deletes whole runs only, with all that they
made known. (dagster 1.13: `history/runs.db`, `history/runs/index.db` for events of assets, one more
file a run, `schedules/schedules.db`.)
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from gaze_pipeline.forgetting.needles import Needles
from gaze_pipeline.forgetting.scrub import blank_lines, named_in, names_it, scrub_tables
from gaze_pipeline.store.sqlite_files import compact, connected, read_only, transaction

FINISHED = ("SUCCESS", "FAILURE", "CANCELED")
_STATES = frozenset({"instigators", "jobs", "kvs", "daemon_heartbeats", "asset_keys"})
"""Tables of one row a thing that lives on: only the names are taken out of it."""

_RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LATEST = """SELECT event FROM event_logs WHERE event_logs.asset_key = asset_keys.asset_key
    AND dagster_event_type = 'ASSET_MATERIALIZATION' ORDER BY id DESC LIMIT 1"""


class RunRecords:
    """The records in one Dagster home."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.runs = home / "history" / "runs.db"
        self.events = home / "history" / "runs" / "index.db"
        self.ticks = home / "schedules" / "schedules.db"

    def unfinished(self, needles: Needles) -> dict[str, str]:
        """The runs under way that cover a forgotten video: run id -> status."""
        if not self.runs.is_file():
            return {}
        marks = ", ".join("?" * len(FINISHED))
        with connected(self.runs) as db:
            db.create_function("named", 1, named_in(needles))
            query = f"SELECT run_id, status FROM runs WHERE status NOT IN ({marks})"
            running = dict(db.execute(query, FINISHED).fetchall())
            query = """SELECT run_id FROM runs WHERE named(run_body) OR named(partition)
                UNION SELECT run_id FROM run_tags WHERE named(value)"""
            covering = {run_id for (run_id,) in db.execute(query)} if running else set()
        if running and self.events.is_file():
            with connected(self.events) as db:
                db.create_function("named", 1, named_in(needles))
                query = (
                    "SELECT DISTINCT run_id FROM event_logs WHERE named(partition) OR named(event)"
                )
                covering |= {run_id for (run_id,) in db.execute(query)}
        return {run_id: status for run_id, status in running.items() if run_id in covering}

    def latest(self, count: int = 50) -> list[dict[str, str | float | None]]:
        """The last runs: job, status, start and end in seconds since the epoch."""
        if not self.runs.is_file():
            return []
        columns = ("pipeline_name", "status", "start_time", "end_time")
        with read_only(self.runs) as db:
            query = f"SELECT {', '.join(columns)} FROM runs ORDER BY id DESC LIMIT ?"
            return [dict(zip(columns, row, strict=True)) for row in db.execute(query, (count,))]

    def erase(self, needles: Needles) -> int:
        """Delete every record that names the forgotten; returns how many rows and files there were.

        What other videos' runs made known stays; a log that covers both goes.
        """
        erased = 0
        for path in filter(Path.is_file, (self.runs, self.events, self.ticks)):
            with connected(path) as db:
                if path == self.events:
                    _repair_assets(db, needles)
                erased += scrub_tables(db, needles, kept=_STATES)
            self._sweep(path)
            compact(path)
        for path in self._run_files():
            if names_it(path, needles):
                self._unlink_run(path.stem)
                erased += 1
        return erased + self._erase_texts(needles)

    def prune(self, before: float) -> int:
        """Delete the records of what ended before a moment (s since the epoch); returns how many runs.

        The latest materialization of each partition stays, so that Dagster knows what there is.
        """
        if not self.runs.is_file():
            return 0
        moment = datetime.fromtimestamp(before, UTC).strftime("%Y-%m-%d %H:%M:%S")
        with connected(self.runs) as db, transaction(db):
            marks = ", ".join("?" * len(FINISHED))
            old = f"status IN ({marks}) AND update_timestamp < ?"
            rows = db.execute(f"SELECT run_id FROM runs WHERE {old}", (*FINISHED, moment))
            gone = [run_id for (run_id,) in rows]
            db.execute(f"DELETE FROM runs WHERE {old}", (*FINISHED, moment))
            db.execute(
                "DELETE FROM bulk_actions WHERE timestamp < ? AND status NOT IN ('REQUESTED', 'CANCELING')",
                (moment,),
            )
        if self.events.is_file():
            with connected(self.events) as db, transaction(db):
                _prune_events(db, gone, moment)
        if self.ticks.is_file():
            with connected(self.ticks) as db, transaction(db):
                db.execute("DELETE FROM job_ticks WHERE timestamp < ?", (moment,))
        for path in (self.runs, self.events, self.ticks):
            if path.is_file():
                self._sweep(path)
                compact(path)
        known = self._known_runs()
        for run_id in [*gone, *self._strays(known, before)]:
            self._unlink_run(run_id)
        return len(gone)

    def _sweep(self, path: Path) -> None:
        """Delete rows that belong to deleted ones."""
        statements = {
            self.runs: (
                "DELETE FROM run_tags WHERE run_id NOT IN (SELECT run_id FROM runs)",
                "DELETE FROM backfill_tags WHERE backfill_id NOT IN (SELECT key FROM bulk_actions)",
            ),
            self.events: (
                "DELETE FROM asset_event_tags WHERE event_id NOT IN (SELECT id FROM event_logs)",
            ),
        }
        with connected(path) as db, transaction(db):
            for statement in statements.get(path, ()):
                db.execute(statement)

    def _known_runs(self) -> set[str]:
        with connected(self.runs) as db:
            return {run_id for (run_id,) in db.execute("SELECT run_id FROM runs")}

    def _strays(self, known: set[str], before: float) -> list[str]:
        """Runs that left files and have no row."""
        found = [path for path in self._run_files() if path.stat().st_mtime < before]
        folders = (self._home / "storage").glob("*-*")
        found += [path for path in folders if path.stat().st_mtime < before]
        return [
            path.stem for path in found if _RUN_ID.fullmatch(path.stem) and path.stem not in known
        ]

    def _run_files(self) -> Iterable[Path]:
        return [path for path in self.events.parent.glob("*.db") if path != self.events]

    def _unlink_run(self, run_id: str) -> None:
        for suffix in (".db", ".db-wal", ".db-shm"):
            (self.events.parent / f"{run_id}{suffix}").unlink(missing_ok=True)
        shutil.rmtree(self._home / "storage" / run_id, ignore_errors=True)

    def _erase_texts(self, needles: Needles) -> int:
        """Compute logs and the like: those of runs go, lines of others are blanked."""
        erased = 0
        databases = {self.runs.parent, self.ticks.parent}
        for path in [path for path in self._home.rglob("*") if path.is_file()]:
            if databases & set(path.parents):
                continue
            if needles.found(path.read_bytes()):
                erased += 1
                if self._home / "storage" in path.parents:
                    path.unlink(missing_ok=True)
                else:
                    blank_lines(path, needles)
        return erased


def _repair_assets(db: sqlite3.Connection, needles: Needles) -> None:
    """Let what an asset says of itself come from the videos that stay."""
    db.create_function("named", 1, named_in(needles))
    with transaction(db):
        db.execute("DELETE FROM event_logs WHERE named(event) OR named(partition)")
        db.execute(
            "UPDATE asset_keys SET cached_status_data = NULL WHERE named(cached_status_data)"
        )
        db.execute(
            f"UPDATE asset_keys SET last_materialization = ({_LATEST}) WHERE named(last_materialization)"
        )


def _prune_events(db: sqlite3.Connection, gone: Iterable[str], moment: str) -> None:
    db.execute("CREATE TEMP TABLE gone (run_id TEXT PRIMARY KEY)")
    db.executemany("INSERT INTO gone VALUES (?)", [(run_id,) for run_id in gone])
    # What was planned, or how a run went, says nothing once the run is gone.
    db.execute(
        """DELETE FROM event_logs WHERE run_id IN (SELECT run_id FROM gone)
           AND dagster_event_type IS NOT 'ASSET_MATERIALIZATION'"""
    )
    db.execute(
        """DELETE FROM event_logs WHERE timestamp < ? AND asset_key IS NOT NULL
           AND id NOT IN (SELECT max(id) FROM event_logs WHERE asset_key IS NOT NULL
                          GROUP BY asset_key, partition, dagster_event_type)""",
        (moment,),
    )
    db.execute(
        """DELETE FROM asset_check_executions WHERE create_timestamp < ? AND id NOT IN (
           SELECT max(id) FROM asset_check_executions GROUP BY asset_key, check_name)""",
        (moment,),
    )
    for table in ("concurrency_slots", "pending_steps"):
        db.execute(f"DELETE FROM {table} WHERE run_id IN (SELECT run_id FROM gone)")
    db.execute("DROP TABLE gone")
