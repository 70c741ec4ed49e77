"""Which videos have current vectors, and the rows that the vector table gets for them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from gaze_pipeline.errors import GazeError
from gaze_pipeline.states import Stage, State
from gaze_pipeline.store.artifacts import ArtifactStore
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.store.shots import number_shots, stretches
from gaze_pipeline.store.snapshot_tables import missing
from gaze_pipeline.store.vectors import VectorStore


def sync_vectors(
    store: VectorStore, model_id: str, videos: Sequence[VideoRow], artifacts: ArtifactStore
) -> dict[str, str]:
    """Bring the vector table in line with the artifacts.

    Returns why a video is not in it, by fingerprint: an error code or a state.
    """
    reasons: dict[str, str] = {}
    wanted: dict[str, str] = {}
    for video in videos:
        source = _signature(artifacts, video.fingerprint)
        if source is None:
            reasons[video.fingerprint] = missing(video, Stage.EMBEDDINGS)
            continue
        info = artifacts.info(video.fingerprint, Stage.EMBEDDINGS)
        if info is not None and info.recipe.model_id != model_id:
            reasons[video.fingerprint] = State.QUEUED
            continue
        wanted[video.fingerprint] = source
    durations = {video.fingerprint: video.duration_ms for video in videos}
    failed = store.sync(wanted, lambda key: _rows(artifacts, key, durations[key]))
    return reasons | {fingerprint: error.code.name for fingerprint, error in failed.items()}


def _signature(artifacts: ArtifactStore, fingerprint: str) -> str | None:
    """A name for the artifacts that a video's rows are made from; None without embeddings."""
    digest = hashlib.sha256()
    for stage in (Stage.EMBEDDINGS, Stage.DETECTIONS):
        try:
            stat = artifacts.paths.artifact(fingerprint, stage).stat()
            digest.update(f"{stage} {stat.st_mtime_ns} {stat.st_size}\n".encode())
        except FileNotFoundError:
            if stage is Stage.EMBEDDINGS:
                return None
    return digest.hexdigest()[:16]


def _rows(artifacts: ArtifactStore, fingerprint: str, duration_ms: int) -> pa.Table:
    """The embeddings of a video, with the labels, the shot and the stretch of each frame.

    Corrupt detections count as none.
    """
    rows = artifacts.read(fingerprint, Stage.EMBEDDINGS)
    seen: dict[int, set[str]] = {}
    try:
        found = artifacts.read(fingerprint, Stage.DETECTIONS, ["frame_index", "label"])
    except GazeError:
        found = pa.table({"frame_index": [], "label": []})
    for frame, label in zip(*(column.to_pylist() for column in found.columns), strict=True):
        seen.setdefault(frame, set()).add(label)
    labels = [sorted(seen.get(frame, ())) for frame in rows["frame_index"].to_pylist()]
    vectors = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    shots = number_shots(vectors.reshape(rows.num_rows, -1))
    starts, ends = stretches(np.asarray(rows["timestamp_ms"], np.int64), shots, duration_ms)
    columns = {
        "labels": pa.array(labels, pa.list_(pa.string())),
        "shot": pa.array(shots),
        "start_ms": pa.array(starts),
        "end_ms": pa.array(ends),
    }
    for name, values in columns.items():
        rows = rows.append_column(name, values)
    return rows
