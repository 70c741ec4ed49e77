"""The catalog's files: which path holds which video, as last seen."""

from __future__ import annotations

import os
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

    def put(self, file: FileRow) -> None:
        """Add or replace a file."""
        with self._database.change() as db:
            db.execute(
                """INSERT OR REPLACE INTO files (path, library, size, mtime_ns, fingerprint,
                       error_code, error_detail) VALUES (?, ?, ?, ?, ?, ?, ?)""",
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

    def remove(self, path: Path) -> None:
        """Forget a path; what was made from its video stays until no path holds it."""
        with self._database.change() as db:
            db.execute("DELETE FROM files WHERE path = ?", (os.fsencode(path),))

    def remove_library(self, library: str) -> None:
        """Forget every path of a library."""
        with self._database.change() as db:
            db.execute("DELETE FROM files WHERE library = ?", (library,))
