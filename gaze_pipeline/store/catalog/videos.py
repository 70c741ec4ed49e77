"""The catalog's videos: one a fingerprint, with its files and stages."""

from __future__ import annotations

import time
from collections.abc import Iterable

from gaze_pipeline.states import Stage
from gaze_pipeline.store.catalog.database import Database
from gaze_pipeline.store.catalog.rows import (
    FileRow,
    StageRow,
    VideoRow,
    file_row,
    stage_row,
    video_row,
)


class Videos:
    """The table `videos`, joined with what belongs to each; `wanted` are the stages in use."""

    def __init__(self, database: Database, wanted: frozenset[Stage]) -> None:
        self._database = database
        self._wanted = wanted

    def add(self, fingerprint: str, duration_ms: int) -> None:
        """Register a video; one that is known already keeps its stages."""
        with self._database.change() as db:
            db.execute(
                """INSERT INTO videos (fingerprint, duration_ms, added_at) VALUES (?, ?, ?)
                   ON CONFLICT DO UPDATE SET duration_ms = ?, gone_at = NULL""",
                (fingerprint, duration_ms, time.time(), duration_ms),
            )

    def registered(self, fingerprints: Iterable[str]) -> set[str]:
        """Those of these videos that were taken up once, whether a file holds them now or not."""
        found = set()
        for fingerprint in fingerprints:
            rows = self._database.connection.execute(
                "SELECT fingerprint FROM videos WHERE fingerprint = ?", (fingerprint,)
            )
            found |= {row["fingerprint"] for row in rows}
        return found

    def remove(self, fingerprint: str) -> None:
        """Forget a video and its files."""
        with self._database.change() as db:
            for table in ("files", "videos", "stages"):
                db.execute(f"DELETE FROM {table} WHERE fingerprint = ?", (fingerprint,))

    def fingerprints(self) -> set[str]:
        """Every video that is kept, also those that no file holds any more."""
        rows = self._database.connection.execute("SELECT fingerprint FROM videos")
        return {row["fingerprint"] for row in rows}

    def gone(self, now: float) -> dict[str, float]:
        """The videos that no file holds, and since when as far as was noticed (s since the epoch).

        One that is noticed now is gone since `now`; one that a file holds again is gone no more.
        """
        held = "SELECT fingerprint FROM files WHERE fingerprint NOT NULL"
        with self._database.write() as db:
            db.execute(f"UPDATE videos SET gone_at = NULL WHERE fingerprint IN ({held})")
            db.execute(
                f"""UPDATE videos SET gone_at = ?
                    WHERE gone_at IS NULL AND fingerprint NOT IN ({held})""",
                (now,),
            )
            rows = db.execute("SELECT fingerprint, gone_at FROM videos WHERE gone_at NOT NULL")
            return {row["fingerprint"]: row["gone_at"] for row in rows}

    def all(self) -> list[VideoRow]:
        """Every video that at least one file holds, oldest first."""
        files: dict[str, list[FileRow]] = {}
        for row in self._database.connection.execute(
            "SELECT * FROM files WHERE fingerprint NOT NULL ORDER BY path"
        ):
            files.setdefault(row["fingerprint"], []).append(file_row(row))
        stages: dict[str, dict[Stage, StageRow]] = {}
        for row in self._database.connection.execute("SELECT * FROM stages"):
            stages.setdefault(row["fingerprint"], {})[Stage(row["stage"])] = stage_row(row)
        rows = self._database.connection.execute(
            "SELECT * FROM videos ORDER BY added_at, fingerprint"
        ).fetchall()
        return [
            video_row(
                row, files[row["fingerprint"]], stages.get(row["fingerprint"], {}), self._wanted
            )
            for row in rows
            if row["fingerprint"] in files
        ]

    def get(self, fingerprint: str) -> VideoRow | None:
        """One video, or None when no file holds it."""
        row = self._database.connection.execute(
            "SELECT * FROM videos WHERE fingerprint = ?", (fingerprint,)
        ).fetchone()
        files = self._database.connection.execute(
            "SELECT * FROM files WHERE fingerprint = ? ORDER BY path", (fingerprint,)
        ).fetchall()
        if row is None or not files:
            return None
        stages = self._database.connection.execute(
            "SELECT * FROM stages WHERE fingerprint = ?", (fingerprint,)
        )
        return video_row(
            row,
            [file_row(file) for file in files],
            {Stage(s["stage"]): stage_row(s) for s in stages},
            self._wanted,
        )
