"""The rows of a snapshot's tables, as the catalog and the artifacts of each video give them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from gaze_pipeline.channels import SWITCHED_OFF
from gaze_pipeline.errors import GazeError
from gaze_pipeline.states import REQUIRES, RUNNING_STATE, Stage, State, Status
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import ArtifactStore
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.store.paths import version_of
from gaze_pipeline.store.snapshot_texts import written
from gaze_pipeline.store.text import index_tokens

_UNSEARCHED = ("fingerprint", "duration_ms", "starts_ms")
FACTS = [field for field in schemas.MEDIA if field.name not in _UNSEARCHED]
VIDEOS = pa.schema(
    [
        ("fingerprint", pa.string()),
        ("added_at", pa.float64()),
        ("recorded_at", pa.float64()),
        ("state", pa.string()),
        ("duration_ms", pa.int64()),
        *(field.with_nullable(True) for field in FACTS),
        ("transcript_reason", pa.string()),
        ("visual_reason", pa.string()),
        ("labels_reason", pa.string()),
        ("meaning_reason", pa.string()),
        ("text_reason", pa.string()),
    ]
)
SOURCES = pa.schema([("fingerprint", pa.string()), ("source", pa.string())])
_SEGMENT = ["fingerprint", "segment_index", "start_ms", "end_ms", "text", "language", "confidence"]
_FRAME = ["fingerprint", "frame_index", "timestamp_ms"]
_COLUMNS = {
    Stage.TRANSCRIPT: _SEGMENT,
    Stage.FRAMES: _FRAME,
    Stage.DETECTIONS: None,
    Stage.TEXTS: None,
}
"""The stages whose tables are in the snapshot, and what of them; None for every column."""

Reasons = Mapping[str, Mapping[str, str]]
"""Why videos have no vectors: by the column that says so, then by fingerprint."""


@dataclass(frozen=True)
class Told:
    """What a video's artifacts say: its facts, and which stages' tables are or were readable.

    `tables` are only there where they were read, `corrupt` has the error codes of those that could not be.
    """

    video: VideoRow
    facts: Mapping[str, Any]
    readable: frozenset[Stage]
    tables: Mapping[Stage, pa.Table] = field(default_factory=dict)
    corrupt: Mapping[Stage, str] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether all that there is was readable, so that it need not be read again."""
        return bool(self.facts) and not self.corrupt

    def reason(self, stage: Stage) -> str | None:
        """Why the stage's result cannot be searched, or None where it can."""
        if stage in self.readable:
            return None
        return self.corrupt.get(stage) or missing(self.video, stage)


def source_of(video: VideoRow, artifacts: ArtifactStore) -> str:
    """A name for what a video's rows are made from, apart from its row in `videos`."""
    paths, key = artifacts.paths, video.fingerprint
    made = version_of([paths.facts(key), *(paths.artifact(key, stage) for stage in _COLUMNS)])
    return f"{made}-{video.duration_ms}"


def read(video: VideoRow, artifacts: ArtifactStore) -> Told:
    """Everything that the snapshot holds of a video's artifacts."""
    tables: dict[Stage, pa.Table] = {}
    corrupt: dict[Stage, str] = {}
    for stage in _made(video, artifacts):
        try:
            tables[stage] = artifacts.read(video.fingerprint, stage, _COLUMNS[stage])
        except GazeError as error:
            corrupt[stage] = error.code.name
    try:
        facts = artifacts.read_facts(video.fingerprint).to_pylist()[0]
    except (GazeError, IndexError):
        facts = {}
    return Told(video, facts, frozenset(tables), tables, corrupt)


def retold(video: VideoRow, facts: Mapping[str, Any], artifacts: ArtifactStore) -> Told:
    """The same without reading them, of a video none of whose artifacts was found corrupt."""
    return Told(video, facts, frozenset(_made(video, artifacts)))


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


def tables_of(batch: Iterable[Told], stage: Stage) -> Iterator[pa.Table]:
    """The tables of a stage, as one, unless there are none."""
    tables = [told.tables[stage] for told in batch if stage in told.tables]
    if tables:
        yield pa.concat_tables(tables)


def segments_of(batch: Iterable[Told], first_id: int) -> Iterator[pa.Table]:
    """The rows of `segments`, unless there are none."""
    for rows in tables_of(batch, Stage.TRANSCRIPT):
        said = zip(rows["text"].to_pylist(), rows["language"].to_pylist(), strict=True)
        tokens = [index_tokens(text, language) for text, language in said]
        yield _numbered(rows, first_id).append_column("tokens", pa.array(tokens, pa.string()))


def texts_of(batch: Iterable[Told], first_id: int) -> Iterator[pa.Table]:
    """The rows of `texts`, unless there are none."""
    found = [
        written(told.tables[Stage.TEXTS], told.tables.get(Stage.TRANSCRIPT))
        for told in batch
        if Stage.TEXTS in told.tables
    ]
    if found:
        yield _numbered(pa.concat_tables(found), first_id)


def videos_of(batch: Sequence[Told], reasons: Reasons) -> pa.Table:
    """The rows of `videos`."""
    rows = [
        {
            "fingerprint": told.video.fingerprint,
            "added_at": told.video.added_at,
            "recorded_at": _recorded(told),
            "state": str(told.video.state),
            "duration_ms": told.video.duration_ms,
            **{field.name: told.facts.get(field.name) for field in FACTS},
            "transcript_reason": told.reason(Stage.TRANSCRIPT),
            "labels_reason": told.reason(Stage.DETECTIONS),
            "text_reason": told.reason(Stage.TEXTS),
            **{column: why.get(told.video.fingerprint) for column, why in reasons.items()},
        }
        for told in batch
    ]
    return pa.Table.from_pylist(rows, schema=VIDEOS)


def files_of(videos: Sequence[VideoRow]) -> pa.Table:
    """The rows of `files`."""
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


def _made(video: VideoRow, artifacts: ArtifactStore) -> list[Stage]:
    paths = artifacts.paths
    return [stage for stage in _COLUMNS if paths.artifact(video.fingerprint, stage).exists()]


def _numbered(rows: pa.Table, first_id: int) -> pa.Table:
    ids = pa.array(range(first_id, first_id + rows.num_rows), pa.int64())
    return rows.add_column(0, "id", ids)


def _recorded(told: Told) -> float | None:
    """When a video was recorded, in s since the epoch: as its file says, else when that last changed."""
    if created := told.facts.get("created"):
        try:
            return datetime.fromisoformat(created).timestamp()
        except (ValueError, OverflowError):
            pass
    return min((file.mtime_ns / 1e9 for file in told.video.files), default=None)
