"""The tables of a snapshot, and how they are filled from the catalog and the artifacts.

A publication costs what has changed: where the artifacts of a video are those that the snapshot before was
made from, its rows are taken over from there. What comes out is the same either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from gaze_pipeline.states import Stage
from gaze_pipeline.store import snapshot_rows as rows
from gaze_pipeline.store.artifacts import ArtifactStore
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.store.snapshot_before import OLD, Before, attached
from gaze_pipeline.store.snapshot_columns import LATEST_MS
from gaze_pipeline.store.snapshot_corpus import SPOKEN, WRITTEN
from gaze_pipeline.store.snapshot_postings import Postings
from gaze_pipeline.store.snapshot_rows import Reasons, Told
from gaze_pipeline.store.snapshot_texts import TABLE as TEXTS

TABLES = """
CREATE TABLE meta (number INTEGER, revision BIGINT, published_at DOUBLE, visual_model VARCHAR);
CREATE TABLE sources (fingerprint VARCHAR, source VARCHAR);
CREATE TABLE files (
    fingerprint VARCHAR, library VARCHAR, path VARCHAR, path_bytes BLOB, size BIGINT
);
CREATE TABLE segments (
    id BIGINT, fingerprint VARCHAR, segment_index INTEGER, start_ms BIGINT, end_ms BIGINT,
    text VARCHAR, language VARCHAR, confidence FLOAT, tokens VARCHAR
);
CREATE TABLE frames (
    fingerprint VARCHAR, frame_index INTEGER, timestamp_ms BIGINT, until_ms BIGINT
);
CREATE TABLE detections (
    fingerprint VARCHAR, frame_index INTEGER, timestamp_ms BIGINT, label VARCHAR,
    confidence FLOAT, x FLOAT, y FLOAT, w FLOAT, h FLOAT
);
"""
_SIGHTINGS = f"""
CREATE TABLE sightings AS
WITH labels AS (SELECT label, row_number() OVER (ORDER BY label) - 1 AS number
                FROM (SELECT DISTINCT label FROM detections))
SELECT DISTINCT fingerprint, least(timestamp_ms, {LATEST_MS})::INTEGER AS start_ms,
       least(until_ms, {LATEST_MS})::INTEGER AS until_ms,
       number::SMALLINT AS label
FROM (SELECT fingerprint, frame_index, label FROM detections)
JOIN frames USING (fingerprint, frame_index) JOIN labels USING (label)
ORDER BY fingerprint, start_ms, until_ms, number
"""
# A frame stands for the time until the next one.
_FRAMES = """SELECT fingerprint, frame_index, timestamp_ms, coalesce(
    lead(timestamp_ms) OVER (PARTITION BY fingerprint ORDER BY frame_index),
    greatest(timestamp_ms + 1, (SELECT duration_ms FROM videos v WHERE v.fingerprint = batch.fingerprint))
) FROM batch ORDER BY fingerprint, frame_index"""
_ALL = "FROM batch"
_BATCH = 256


def fill(
    db: duckdb.DuckDBPyConnection,
    videos: Sequence[VideoRow],
    artifacts: ArtifactStore,
    reasons: Reasons,
    before: Path | None = None,
) -> None:
    """Create and fill every table but `meta` and `copies`; `before` is the file of the snapshot before.

    Rows lie in the order of the fingerprints, then of time.
    """
    with attached(db, before) as held:
        _fill(db, videos, artifacts, reasons, held)


def _fill(
    db: duckdb.DuckDBPyConnection,
    videos: Sequence[VideoRow],
    artifacts: ArtifactStore,
    reasons: Reasons,
    before: Before,
) -> None:
    videos = sorted(videos, key=lambda video: video.fingerprint)
    db.execute(TABLES)
    db.execute(TEXTS)
    db.register("batch", rows.VIDEOS.empty_table())
    db.execute("CREATE TABLE videos AS FROM batch")
    _insert(db, "files", rows.files_of(videos))
    old = OLD if before.sources else None
    filling = _Filling(
        db, artifacts, reasons, Postings(db, SPOKEN, old), Postings(db, WRITTEN, old)
    )
    sources = {video.fingerprint: rows.source_of(video, artifacts) for video in videos}
    db.execute("BEGIN")  # without, every insertion is written twice
    for run in before.runs(videos, sources):
        if before.holds(run[0], sources):
            filling.take_over(before, run, sources)
        else:
            filling.read(run, sources)
    db.execute("COMMIT")
    db.execute("CREATE INDEX files_by_video ON files (fingerprint)")
    db.execute(_SIGHTINGS)
    filling.spoken.write()
    filling.written.write()


@dataclass
class _Filling:
    """A snapshot that is being filled, video by video; `segments` and `texts` count the lines so far."""

    db: duckdb.DuckDBPyConnection
    artifacts: ArtifactStore
    reasons: Reasons
    spoken: Postings
    written: Postings
    segments: int = 0
    texts: int = 0

    def read(self, videos: Iterable[VideoRow], sources: Mapping[str, str]) -> None:
        """Add what the artifacts of these videos say."""
        with ThreadPoolExecutor() as pool:
            reads = pool.map(lambda video: rows.read(video, self.artifacts), videos)
            while batch := list(islice(reads, _BATCH)):
                self._add(batch, sources)

    def take_over(
        self, before: Before, videos: Sequence[VideoRow], sources: Mapping[str, str]
    ) -> None:
        """Add what the snapshot before holds of these videos, whose rows lie in a row there."""
        facts = before.facts
        told = [rows.retold(video, facts[video.fingerprint], self.artifacts) for video in videos]
        self._add(told, sources)
        span = [videos[0].fingerprint, videos[-1].fingerprint]
        for table in ("frames", "detections"):
            self.db.execute(f"INSERT INTO {table} {_held(table)}", span)
        self.segments += self._take_lines(SPOKEN, self.spoken, self.segments, span)
        self.texts += self._take_lines(WRITTEN, self.written, self.texts, span)

    def _add(self, batch: Sequence[Told], sources: Mapping[str, str]) -> None:
        db = self.db
        _insert(db, "videos", rows.videos_of(batch, self.reasons))
        sound = [told.video.fingerprint for told in batch if told.sound]
        made_from = [sources[fingerprint] for fingerprint in sound]
        _insert(db, "sources", pa.table({"fingerprint": sound, "source": made_from}, rows.SOURCES))
        for found in rows.segments_of(batch, self.segments):
            _insert(db, SPOKEN, found)
            self.spoken.add(self.segments, found["tokens"])
            self.segments += found.num_rows
        for found in rows.texts_of(batch, self.texts):
            _insert(db, WRITTEN, found)
            self.written.add(self.texts, found["tokens"])
            self.texts += found.num_rows
        for found in rows.tables_of(batch, Stage.FRAMES):
            _insert(db, "frames", found, _FRAMES)
        for found in rows.tables_of(batch, Stage.DETECTIONS):
            _insert(db, "detections", found)

    def _take_lines(self, table: str, words: Postings, first: int, span: Sequence[str]) -> int:
        """Take over a run of lines, to have ids from `first` on; returns how many there are."""
        held = _held(table)
        was, count = self.db.execute(
            f"SELECT coalesce(min(id), 0), count(*) {held}", span
        ).fetchall()[0]
        if count:
            self.db.execute(
                f"INSERT INTO {table} SELECT * REPLACE (id + {first - was} AS id) {held}", span
            )
            words.keep(was, first, count)
        return int(count)


def _held(table: str) -> str:
    """The rows of the snapshot before, of the videos from one fingerprint to another."""
    return f"FROM {OLD}.{table} WHERE fingerprint BETWEEN ? AND ?"


def _insert(db: duckdb.DuckDBPyConnection, table: str, found: pa.Table, query: str = _ALL) -> None:
    db.register("batch", found)
    db.execute(f"INSERT INTO {table} {query}")
    db.unregister("batch")
