"""The catalog's files: which path holds which video, as last seen."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from gaze_pipeline.store.catalog.database import Database
from gaze_pipeline.store.catalog.rows import FileRow, file_row


class Files:
    """The table `files`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, library: str | None = None) -> list[FileRow]:
        """Every known file, in order of path."""
        where, values = ("WHERE library = ?", (library,)) if library is not None else ("", ())
        rows = self._database.connection.execute(
            f"SELECT * FROM files {where} ORDER BY path", values
        )
        return [file_row(row) for row in rows]

    def refused(self) -> list[FileRow]:
        """The files that could not be taken up or read, in order of path."""
        rows = self._database.connection.execute(
            "SELECT * FROM files WHERE error_code NOT NULL ORDER BY path"
        )
        return [file_row(row) for row in rows]

    def at(self, path: Path) -> list[FileRow]:
        """What is known at a path and, where it is a folder, below it."""
        rows = self._database.connection.execute(
            f"SELECT * FROM files WHERE {BELOW} ORDER BY path", below(path)
        )
        return [file_row(row) for row in rows]

    def knows(self, path: Path) -> bool:
        """Whether anything is known at a path or below it."""
        row = self._database.connection.execute(
            f"SELECT 1 FROM files WHERE {BELOW} LIMIT 1", below(path)
        ).fetchone()
        return row is not None

    def holding(self, fingerprint: str) -> list[FileRow]:
        """The files that hold a video, in order of path."""
        rows = self._database.connection.execute(
            "SELECT * FROM files WHERE fingerprint = ? ORDER BY path", (fingerprint,)
        )
        return [file_row(row) for row in rows]

    def of_inodes(self, inodes: Iterable[int]) -> list[FileRow]:
        """The files that had one of these numbers on their file system."""
        found = []
        for inode in inodes:
            rows = self._database.connection.execute(
                "SELECT * FROM files WHERE inode = ? ORDER BY path", (inode,)
            )
            found += [file_row(row) for row in rows]
        return found

    def distrust(self, files: Iterable[FileRow]) -> None:
        """Have these files read again, whatever their size and time."""
        self.record([replace(file, mtime_ns=NEVER) for file in files])

    def count(self, library: str) -> int:
        """How many files of a library are known."""
        (number,) = self._database.connection.execute(
            "SELECT count(*) FROM files WHERE library = ?", (library,)
        ).fetchone()
        return int(number)

    def libraries(self) -> set[str]:
        """The names of the libraries that files are known of."""
        rows = self._database.connection.execute("SELECT DISTINCT library FROM files")
        return {row["library"] for row in rows}

    def record(
        self,
        put: Iterable[FileRow] = (),
        remove: Iterable[Path] = (),
        videos: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Write changes that belong together: all of them or none.

        `videos` are the fingerprints that are new with their durations in ms. The revision grows only if a
        path holds another video than before, or belongs to another library.
        """
        put, remove, videos = list(put), list(remove), list(videos)
        shown = bool(videos) or self._shown(put, remove)
        with self._database.change() if shown else self._database.write() as db:
            now = time.time()
            db.executemany(
                """INSERT INTO videos (fingerprint, duration_ms, added_at) VALUES (?, ?, ?)
                   ON CONFLICT DO UPDATE SET duration_ms = excluded.duration_ms""",
                [(fingerprint, duration_ms, now) for fingerprint, duration_ms in videos],
            )
            db.executemany(
                "UPDATE videos SET gone_at = NULL WHERE fingerprint = ? AND gone_at NOT NULL",
                [(file.fingerprint,) for file in put if file.fingerprint],
            )
            db.executemany("DELETE FROM files WHERE path = ?", _keys(remove))
            db.executemany(
                f"INSERT OR REPLACE INTO files ({', '.join(_COLUMNS)}) "
                f"VALUES ({', '.join('?' for _ in _COLUMNS)})",
                map(_values, put),
            )

    def _shown(self, put: Collection[FileRow], remove: Collection[Path]) -> bool:
        db = self._database.connection
        before = {path: _video_at(db, path) for path in [*remove, *(file.path for file in put)]}
        after = dict.fromkeys(remove) | {
            file.path: (file.fingerprint, file.library) if file.fingerprint else None
            for file in put
        }
        return before != after


NEVER = -1
"""The modification time of a file whose content is in doubt."""

BELOW = "(path = ? OR (path > ? AND path < ?))"
"""An SQL condition on the column `path`, with the values that `below` gives."""


def below(path: Path) -> tuple[bytes, bytes, bytes]:
    """The values of `BELOW` for what is at a path or below it."""
    stem = os.fsencode(path).rstrip(os.fsencode(os.sep))
    separator = ord(os.sep)
    return stem, stem + bytes([separator]), stem + bytes([separator + 1])


_COLUMNS = (
    *("path", "library", "size", "mtime_ns", "fingerprint", "error_code", "error_detail"),
    *("device", "inode"),
)


def _values(file: FileRow) -> tuple[object, ...]:
    return (
        os.fsencode(file.path),
        file.library,
        file.size,
        file.mtime_ns,
        file.fingerprint,
        file.error_code and file.error_code.name,
        file.error_detail,
        file.device,
        file.inode,
    )


def _keys(paths: Iterable[Path]) -> list[tuple[bytes]]:
    return [(os.fsencode(path),) for path in paths]


def _video_at(db: sqlite3.Connection, path: Path) -> tuple[str, str] | None:
    row = db.execute(
        "SELECT fingerprint, library FROM files WHERE path = ? AND fingerprint NOT NULL",
        (os.fsencode(path),),
    ).fetchone()
    return (row["fingerprint"], row["library"]) if row else None
