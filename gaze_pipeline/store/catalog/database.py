"""The catalog's SQLite file: connections, transactions, numbered migrations."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError

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
    """
    ALTER TABLE stages ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE stages ADD COLUMN retry_at REAL;
    ALTER TABLE stages ADD COLUMN cancel_asked_at REAL;
    UPDATE stages SET retry_at = 0 WHERE status = 'failed' AND error_code IN (
        'DISK_FULL', 'FILE_NOT_FOUND', 'FILE_UNREADABLE', 'FILE_UNSTABLE', 'STAGE_NOT_READY',
        'OUT_OF_MEMORY', 'ARTIFACT_CORRUPT'
    );
    """,
    """
    ALTER TABLE files ADD COLUMN device INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE files ADD COLUMN inode INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE unstable (
        path BLOB PRIMARY KEY,
        library TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        since REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE touched (path BLOB PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE scans (
        library TEXT PRIMARY KEY,
        path BLOB NOT NULL,
        at REAL NOT NULL,
        offline TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
    CREATE TABLE watches (
        library TEXT PRIMARY KEY,
        path BLOB NOT NULL,
        pid INTEGER NOT NULL,
        pid_started REAL NOT NULL,
        problem TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE videos ADD COLUMN gone_at REAL;
    CREATE TABLE forgetting (
        subject TEXT PRIMARY KEY,
        traces TEXT NOT NULL,
        asked_at REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    "CREATE INDEX files_by_inode ON files (inode)",
    """
    CREATE TABLE copies (
        longer TEXT NOT NULL,
        shorter TEXT NOT NULL,
        offset_ms INTEGER NOT NULL,
        start_ms INTEGER NOT NULL,
        end_ms INTEGER NOT NULL,
        PRIMARY KEY (longer, shorter)
    ) WITHOUT ROWID;
    CREATE TABLE compared (fingerprint TEXT PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID;
    """,
)
"""One script a version. A script that has been released is never edited: what changes comes after it."""


LEAST_BYTES = 64 * 1024
"""With less than this SQLite cannot open a file in WAL mode."""


class Database:
    """One file in WAL mode, so that readers never wait; a connection for each thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._local = threading.local()
        self._migrate()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection; rows come by name. Raises GazeError(DISK_FULL)."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        known = connection is not None
        if connection is None or self._local.inode != _inode(self._path):
            with _full_disk(self._path):
                connection = _open(self._path)
            self._local.connection = connection
            self._local.inode = _inode(self._path)
            if known:  # the file was set aside, as a recovery does with a damaged one
                self._migrate()
        return connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other writer shares. Raises GazeError(DISK_FULL)."""
        db = self.connection
        with _full_disk(self._path):
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            except BaseException:  # a signal may strike anywhere in here
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A transaction whose change a new snapshot would show: the revision grows."""
        with self.write() as db:
            yield db
            grow(db)

    def revision(self) -> int:
        """A number that grows with every change that a new snapshot would show."""
        return self.counter("revision") or 0

    def counter(self, name: str) -> int | None:
        """A number that is kept under a name."""
        row = self.connection.execute(
            "SELECT value FROM counters WHERE name = ?", (name,)
        ).fetchone()
        return row and int(row["value"])

    def set_counter(self, name: str, value: int) -> None:
        """Keep a number under a name."""
        with self.write() as db:
            db.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))

    def sync(self) -> None:
        """Bring what was committed to the disk, so that it outlasts a power cut."""
        self.connection.execute("PRAGMA wal_checkpoint(FULL)")

    def outrun(self, revision: int) -> None:
        """Make the revision larger than this one."""
        with self.write() as db:
            db.execute(
                "UPDATE counters SET value = max(value, ?) + 1 WHERE name = 'revision'", (revision,)
            )

    def _migrate(self) -> None:
        with self.write() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in _statements(script):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")


def grow(db: sqlite3.Connection) -> None:
    """Within a transaction: a new snapshot would show what was changed."""
    db.execute("UPDATE counters SET value = value + 1 WHERE name = 'revision'")


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


@contextmanager
def _full_disk(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a full disk into GazeError(DISK_FULL).

    Where its log or its shared memory cannot be made for want of room it says only "disk I/O error".
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        told = str(error)
        silent = told == "disk I/O error" and shutil.disk_usage(path.parent).free < LEAST_BYTES
        if silent or "disk is full" in told:
            raise GazeError(ErrorCode.DISK_FULL, path, told) from error
        raise


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _statements(script: str) -> Iterable[str]:
    return (part for part in script.split(";") if part.strip())
