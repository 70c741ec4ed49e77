"""The catalog: which files hold which video, and how each stage of each video stands.

One SQLite file in WAL mode, so that the page, the CLI and the sensors read while stages write. It can be
rebuilt from the folders and the artifacts at any time. Paths are stored as bytes: a file name need not be
valid Unicode.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.rows import FileRow, StageRow, VideoRow, file_row, stage_row, video_row

MAX_ATTEMPTS = 3
"""After so many failed attempts a stage is left alone until a person asks for it again."""

MIGRATIONS = (
    """
    CREATE TABLE files (
        path BLOB PRIMARY KEY,
        library TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        fingerprint TEXT,
        error_code TEXT,
        error_detail TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
    CREATE INDEX files_by_fingerprint ON files (fingerprint);
    CREATE TABLE videos (
        fingerprint TEXT PRIMARY KEY,
        duration_ms INTEGER NOT NULL,
        added_at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE stages (
        fingerprint TEXT NOT NULL,
        stage TEXT NOT NULL,
        status TEXT NOT NULL,
        progress REAL NOT NULL DEFAULT 0,
        error_code TEXT,
        error_detail TEXT NOT NULL DEFAULT '',
        attempt INTEGER NOT NULL DEFAULT 0,
        recipe TEXT NOT NULL DEFAULT '',
        pid INTEGER,
        pid_started REAL,
        updated_at REAL NOT NULL,
        PRIMARY KEY (fingerprint, stage)
    ) WITHOUT ROWID;
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO counters VALUES ('revision', 0);
    """,
)


class Catalog:
    """Reads and writes the catalog; safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._local = threading.local()
        self._migrate()

    # Files

    def files(self, library: str | None = None) -> list[FileRow]:
        """Every known file, in order of path."""
        where, values = ("WHERE library = ?", (library,)) if library is not None else ("", ())
        rows = self._db.execute(f"SELECT * FROM files {where} ORDER BY path", values)
        return [file_row(row) for row in rows]

    def put_file(self, file: FileRow) -> None:
        """Add or replace a file."""
        with self._change() as db:
            db.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    os.fsencode(file.path),
                    file.library,
                    file.size,
                    file.mtime_ns,
                    file.fingerprint,
                    file.error_code and file.error_code.name,
                    file.error_detail,
                ),
            )

    def remove_file(self, path: Path) -> None:
        """Forget a path; what was made from its video stays until no path holds it."""
        with self._change() as db:
            db.execute("DELETE FROM files WHERE path = ?", (os.fsencode(path),))

    def remove_library(self, library: str) -> None:
        """Forget every path of a library."""
        with self._change() as db:
            db.execute("DELETE FROM files WHERE library = ?", (library,))

    # Videos

    def add_video(self, fingerprint: str, duration_ms: int) -> None:
        """Register a video; one that is known already keeps its stages."""
        with self._change() as db:
            db.execute(
                "INSERT INTO videos VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET duration_ms = ?",
                (fingerprint, duration_ms, time.time(), duration_ms),
            )

    def remove_video(self, fingerprint: str) -> None:
        """Forget a video and its files."""
        with self._change() as db:
            for table in ("files", "videos", "stages"):
                db.execute(f"DELETE FROM {table} WHERE fingerprint = ?", (fingerprint,))

    def videos(self) -> list[VideoRow]:
        """Every video that at least one file holds, oldest first."""
        files: dict[str, list[FileRow]] = {}
        for row in self._db.execute("SELECT * FROM files WHERE fingerprint NOT NULL ORDER BY path"):
            files.setdefault(row["fingerprint"], []).append(file_row(row))
        stages: dict[str, dict[Stage, StageRow]] = {}
        for row in self._db.execute("SELECT * FROM stages"):
            stages.setdefault(row["fingerprint"], {})[Stage(row["stage"])] = stage_row(row)
        rows = self._db.execute("SELECT * FROM videos ORDER BY added_at, fingerprint").fetchall()
        return [
            video_row(row, files[row["fingerprint"]], stages.get(row["fingerprint"], {}))
            for row in rows
            if row["fingerprint"] in files
        ]

    def video(self, fingerprint: str) -> VideoRow | None:
        """One video, or None when no file holds it."""
        row = self._db.execute(
            "SELECT * FROM videos WHERE fingerprint = ?", (fingerprint,)
        ).fetchone()
        files = self._db.execute(
            "SELECT * FROM files WHERE fingerprint = ? ORDER BY path", (fingerprint,)
        ).fetchall()
        if row is None or not files:
            return None
        stages = self._db.execute("SELECT * FROM stages WHERE fingerprint = ?", (fingerprint,))
        return video_row(
            row,
            [file_row(file) for file in files],
            {Stage(s["stage"]): stage_row(s) for s in stages},
        )

    # Stages

    def start(self, fingerprint: str, stage: Stage) -> bool:
        """A stage begins in this process: a new attempt at zero progress.

        False when another process that is alive is at it; nothing is changed then.
        """
        pid, key = os.getpid(), (fingerprint, stage.value)
        with self._write() as db:
            row = db.execute(
                "SELECT * FROM stages WHERE fingerprint = ? AND stage = ? AND status = 'running'",
                key,
            ).fetchone()
            if row and row["pid"] != pid and _alive(row["pid"], row["pid_started"]):
                return False
            db.execute(
                """INSERT INTO stages (fingerprint, stage, status, attempt, pid, pid_started,
                                       updated_at) VALUES (?, ?, 'running', 1, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET status = 'running', progress = 0, error_code = NULL,
                   error_detail = '', attempt = attempt + 1, pid = excluded.pid,
                   pid_started = excluded.pid_started, updated_at = excluded.updated_at""",
                (*key, pid, psutil.Process(pid).create_time(), time.time()),
            )
        return True

    def release(self, fingerprint: str, stage: Stage) -> None:
        """This process gives up a stage that it began: the stage is pending again."""
        with self._change() as db:
            db.execute(
                """UPDATE stages SET status = 'pending', progress = 0, attempt = attempt - 1
                   WHERE fingerprint = ? AND stage = ? AND status = 'running' AND pid = ?""",
                (fingerprint, stage.value, os.getpid()),
            )

    def progress(self, fingerprint: str, stage: Stage, fraction: float) -> None:
        """A running stage got so far (0..1)."""
        with self._write() as db:
            db.execute(
                """UPDATE stages SET progress = ?, updated_at = ?
                   WHERE fingerprint = ? AND stage = ? AND status = 'running'""",
                (min(max(fraction, 0.0), 1.0), time.time(), fingerprint, stage.value),
            )

    def settle(
        self,
        fingerprint: str,
        stage: Stage,
        status: Status,
        code: ErrorCode | None = None,
        detail: str = "",
        recipe: str = "",
    ) -> None:
        """A stage ended in `status`; anything but a plain success carries a code."""
        with self._change() as db:
            db.execute(
                """INSERT INTO stages (fingerprint, stage, status, progress, error_code,
                                       error_detail, recipe, updated_at)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT DO UPDATE SET status = excluded.status, progress = excluded.progress,
                   error_code = excluded.error_code, error_detail = excluded.error_detail,
                   recipe = excluded.recipe, pid = NULL, updated_at = excluded.updated_at,
                   attempt = CASE WHEN excluded.progress = 1 THEN 0 ELSE attempt END""",
                (
                    fingerprint,
                    stage.value,
                    status.value,
                    1.0 if status.settled else 0.0,
                    code and code.name,
                    detail,
                    recipe,
                    time.time(),
                ),
            )

    def reset(self, fingerprint: str, stage: Stage) -> None:
        """Forget how a stage stands: it is pending, with its attempts counted anew."""
        with self._change() as db:
            db.execute(
                "DELETE FROM stages WHERE fingerprint = ? AND stage = ?",
                (fingerprint, stage.value),
            )

    def release_dead(self) -> int:
        """Put stages whose process is gone back to pending; returns how many there were.

        What `MAX_ATTEMPTS` processes died of has failed: one video must not crash run after run.
        """
        running = self._db.execute("SELECT * FROM stages WHERE status = 'running'").fetchall()
        dead = [row for row in running if not _alive(row["pid"], row["pid_started"])]
        for row in dead:
            fatal = row["attempt"] >= MAX_ATTEMPTS
            with self._change() as db:
                db.execute(
                    """UPDATE stages SET status = ?, progress = 0, error_code = ?, error_detail = ?
                       WHERE fingerprint = ? AND stage = ? AND status = 'running' AND pid IS ?""",
                    (
                        (Status.FAILED if fatal else Status.PENDING).value,
                        ErrorCode.INTERNAL.name if fatal else None,
                        f"the process died of it {row['attempt']} times" if fatal else "",
                        row["fingerprint"],
                        row["stage"],
                        row["pid"],
                    ),
                )
        return len(dead)

    def revision(self) -> int:
        """A number that grows with every change that a new snapshot would show."""
        row = self._db.execute("SELECT value FROM counters WHERE name = 'revision'").fetchone()
        return int(row["value"])

    # Connection

    @property
    def _db(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            self._local.connection = connection
        return connection

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._write() as db:
            yield db
            db.execute("UPDATE counters SET value = value + 1 WHERE name = 'revision'")

    def _migrate(self) -> None:
        with self._write() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in _statements(script):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")


def _statements(script: str) -> Iterable[str]:
    return (part for part in script.split(";") if part.strip())


def _alive(pid: int | None, started: float | None) -> bool:
    """Whether that very process runs: a process id alone may have been given to another since."""
    try:
        return pid is not None and abs(psutil.Process(pid).create_time() - (started or 0)) < 1
    except psutil.Error:
        return False
