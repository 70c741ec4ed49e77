"""The tables of a snapshot, and how they are filled from the catalog and the artifacts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa

from gaze_pipeline.channels import SWITCHED_OFF
from gaze_pipeline.errors import GazeError
from gaze_pipeline.states import REQUIRES, RUNNING_STATE, Stage, State, Status
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import ArtifactStore
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.store.snapshot_columns import LATEST_MS
from gaze_pipeline.store.snapshot_corpus import SPOKEN, WRITTEN
from gaze_pipeline.store.snapshot_texts import TABLE as TEXTS
from gaze_pipeline.store.snapshot_texts import written
from gaze_pipeline.store.snapshot_words import index_words
from gaze_pipeline.store.text import index_tokens

TABLES = """
CREATE TABLE meta (number INTEGER, revision BIGINT, published_at DOUBLE, visual_model VARCHAR);
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
_UNSEARCHED = ("fingerprint", "duration_ms", "starts_ms")
_FACTS = [field for field in schemas.MEDIA if field.name not in _UNSEARCHED]
_VIDEOS = pa.schema(
    [
        ("fingerprint", pa.string()),
        ("added_at", pa.float64()),
        ("recorded_at", pa.float64()),
        ("state", pa.string()),
        ("duration_ms", pa.int64()),
        *(field.with_nullable(True) for field in _FACTS),
        ("transcript_reason", pa.string()),
        ("visual_reason", pa.string()),
        ("labels_reason", pa.string()),
        ("meaning_reason", pa.string()),
        ("text_reason", pa.string()),
    ]
)
_SEGMENT = ["fingerprint", "segment_index", "start_ms", "end_ms", "text", "language", "confidence"]
_FRAME = ["fingerprint", "frame_index", "timestamp_ms"]
_BATCH = 256


@dataclass(frozen=True)
class _Read:
    """The artifacts of one video; an error code in place of a table says that it is corrupt."""

    video: VideoRow
    facts: dict[str, Any]
    tables: Mapping[Stage, pa.Table]
    corrupt: Mapping[Stage, str]

    def reason(self, stage: Stage) -> str | None:
        """Why the stage's result cannot be searched, or None where it can."""
        if stage in self.tables:
            return None
        return self.corrupt.get(stage) or missing(self.video, stage)


def fill(
    db: duckdb.DuckDBPyConnection,
    videos: Sequence[VideoRow],
    artifacts: ArtifactStore,
    reasons: Mapping[str, Mapping[str, str]],
) -> None:
    """Create and fill every table but `meta`; `reasons` tells of videos without vectors, by their column.

    Rows lie in the order of the fingerprints, then of time.
    """
    videos = sorted(videos, key=lambda video: video.fingerprint)
    db.execute(TABLES)
    db.register("batch", _VIDEOS.empty_table())
    db.execute("CREATE TABLE videos AS FROM batch")
    _insert(db, "files", _files(videos))
    db.execute(TEXTS)
    segments = texts = 0
    with ThreadPoolExecutor() as pool:
        reads = pool.map(lambda video: _read(video, artifacts), videos)
        while batch := list(islice(reads, _BATCH)):
            _insert(db, "videos", _videos(batch, reasons))
            for tables in _stage_tables(batch, Stage.TRANSCRIPT):
                _insert(db, "segments", _segments(tables, segments))
                segments += tables.num_rows
            for rows in _written(batch, texts):
                _insert(db, "texts", rows)
                texts += rows.num_rows
            for tables in _stage_tables(batch, Stage.FRAMES):
                _insert(db, "frames", tables, _FRAMES_QUERY)
            for tables in _stage_tables(batch, Stage.DETECTIONS):
                _insert(db, "detections", tables)
    db.execute("CREATE INDEX files_by_video ON files (fingerprint)")
    db.execute(_SIGHTINGS)
    index_words(db, SPOKEN)
    index_words(db, WRITTEN)


def missing(video: VideoRow, stage: Stage) -> str:
    """Why a stage has no artifact: the error code of it or of what it needs, a state, or that it is off."""
    if stage not in video.wanted:
        return SWITCHED_OFF
    needs = [stage]
    while before := REQUIRES[needs[0]]:
        needs.insert(0, before)
    rows = [video.stages[step] for step in needs if step in video.stages]
    for row in rows:
        if row.status is Status.RUNNING:
            return RUNNING_STATE[row.stage]
        if not row.status.settled and row.error_code is not None:
            return row.error_code.name
        if row.status is Status.CANCELLED:
            return State.CANCELLED
    return State.QUEUED


# A frame stands for the time until the next one.
_FRAMES_QUERY = """SELECT fingerprint, frame_index, timestamp_ms, coalesce(
    lead(timestamp_ms) OVER (PARTITION BY fingerprint ORDER BY frame_index),
    greatest(timestamp_ms + 1, (SELECT duration_ms FROM videos v WHERE v.fingerprint = batch.fingerprint))
) FROM batch ORDER BY fingerprint, frame_index"""


def _insert(
    db: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, query: str = "SELECT * FROM batch"
) -> None:
    db.register("batch", rows)
    db.execute(f"INSERT INTO {table} {query}")
    db.unregister("batch")


def _read(video: VideoRow, artifacts: ArtifactStore) -> _Read:
    tables: dict[Stage, pa.Table] = {}
    corrupt: dict[Stage, str] = {}
    columns = {
        Stage.TRANSCRIPT: _SEGMENT,
        Stage.FRAMES: _FRAME,
        Stage.DETECTIONS: None,
        Stage.TEXTS: None,
    }
    for stage, wanted in columns.items():
        if not artifacts.paths.artifact(video.fingerprint, stage).exists():
            continue
        try:
            tables[stage] = artifacts.read(video.fingerprint, stage, wanted)
        except GazeError as error:
            corrupt[stage] = error.code.name
    try:
        facts = artifacts.read_facts(video.fingerprint).to_pylist()[0]
    except (GazeError, IndexError):
        facts = {}
    return _Read(video, facts, tables, corrupt)


def _stage_tables(batch: Iterable[_Read], stage: Stage) -> Iterator[pa.Table]:
    tables = [read.tables[stage] for read in batch if stage in read.tables]
    if tables:
        yield pa.concat_tables(tables)


def _written(batch: Iterable[_Read], first_id: int) -> Iterator[pa.Table]:
    found = [
        written(read.tables[Stage.TEXTS], read.tables.get(Stage.TRANSCRIPT))
        for read in batch
        if Stage.TEXTS in read.tables
    ]
    if found:
        yield _numbered(pa.concat_tables(found), first_id)


def _numbered(rows: pa.Table, first_id: int) -> pa.Table:
    ids = pa.array(range(first_id, first_id + rows.num_rows), pa.int64())
    return rows.add_column(0, "id", ids)


def _segments(rows: pa.Table, first_id: int) -> pa.Table:
    said = zip(rows["text"].to_pylist(), rows["language"].to_pylist(), strict=True)
    tokens = [index_tokens(text, language) for text, language in said]
    return _numbered(rows, first_id).append_column("tokens", pa.array(tokens, pa.string()))


def _videos(batch: Sequence[_Read], reasons: Mapping[str, Mapping[str, str]]) -> pa.Table:
    rows = [
        {
            "fingerprint": read.video.fingerprint,
            "added_at": read.video.added_at,
            "recorded_at": _recorded(read),
            "state": str(read.video.state),
            "duration_ms": read.video.duration_ms,
            **{field.name: read.facts.get(field.name) for field in _FACTS},
            "transcript_reason": read.reason(Stage.TRANSCRIPT),
            "labels_reason": read.reason(Stage.DETECTIONS),
            "text_reason": read.reason(Stage.TEXTS),
            **{column: told.get(read.video.fingerprint) for column, told in reasons.items()},
        }
        for read in batch
    ]
    return pa.Table.from_pylist(rows, schema=_VIDEOS)


def _recorded(read: _Read) -> float | None:
    """When a video was recorded, in s since the epoch: as its file says, else when that last changed."""
    if created := read.facts.get("created"):
        try:
            return datetime.fromisoformat(created).timestamp()
        except (ValueError, OverflowError):
            pass
    return min((file.mtime_ns / 1e9 for file in read.video.files), default=None)


def _files(videos: Sequence[VideoRow]) -> pa.Table:
    files = [(video.fingerprint, file) for video in videos for file in video.files]
    names = [os.fsencode(file.path) for _, file in files]
    return pa.table(
        {
            "fingerprint": pa.array([fingerprint for fingerprint, _ in files], pa.string()),
            "library": pa.array([file.library for _, file in files], pa.string()),
            "path": pa.array([name.decode("utf-8", "replace") for name in names], pa.string()),
            "path_bytes": pa.array(names, pa.binary()),
            "size": pa.array([file.size for _, file in files], pa.int64()),
        }
    )
