"""Which videos have current vectors, and the rows that the vector tables get for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage, State
from gaze_pipeline.store.artifacts import ArtifactStore
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.store.paths import version_of
from gaze_pipeline.store.shots import number_shots, stretches
from gaze_pipeline.store.snapshot_rows import missing
from gaze_pipeline.store.vectors import VectorStore


def sync_vectors(
    store: VectorStore, model_id: str, videos: Sequence[VideoRow], artifacts: ArtifactStore
) -> dict[str, str]:
    """Bring the table of frames in line with the artifacts.

    Returns why a video is not in it, by fingerprint: an error code or a state.
    """
    made = (Stage.EMBEDDINGS, Stage.DETECTIONS)
    durations = {video.fingerprint: video.duration_ms for video in videos}

    def frames(fingerprint: str) -> pa.Table:
        return _frames(artifacts, fingerprint, durations[fingerprint])

    return _sync(store, made, model_id, videos, artifacts, frames)


def sync_meanings(
    store: VectorStore, model_id: str, videos: Sequence[VideoRow], artifacts: ArtifactStore
) -> dict[str, str]:
    """Bring the table of lines in line with the artifacts; returns as `sync_vectors` does."""
    made = (Stage.MEANINGS, Stage.TRANSCRIPT)
    return _sync(store, made, model_id, videos, artifacts, lambda key: _lines(artifacts, key))


def _sync(
    store: VectorStore,
    made: Sequence[Stage],
    model_id: str,
    videos: Sequence[VideoRow],
    artifacts: ArtifactStore,
    read: Callable[[str], pa.Table],
) -> dict[str, str]:
    """Have the table hold what `read` makes of the artifacts `made`, the first of which has the vectors."""
    reasons: dict[str, str] = {}
    wanted: dict[str, str] = {}
    for video in videos:
        source = _signature(artifacts, video.fingerprint, made)
        if source is None:
            reasons[video.fingerprint] = missing(video, made[0])
            continue
        wanted[video.fingerprint] = source

    def read_if_ours(fingerprint: str) -> pa.Table:
        info = artifacts.info(fingerprint, made[0])
        if info is not None and info.recipe.model_id != model_id:
            raise GazeError(ErrorCode.STAGE_NOT_READY, fingerprint, info.recipe.model_id)
        return read(fingerprint)

    failed = store.sync(wanted, read_if_ours)
    return reasons | {fingerprint: _reason(error) for fingerprint, error in failed.items()}


def _reason(error: GazeError) -> str:
    """Why a video has no rows; what another model made, or of other lines, is made again."""
    return State.QUEUED if error.code is ErrorCode.STAGE_NOT_READY else error.code.name


def _signature(artifacts: ArtifactStore, fingerprint: str, made: Sequence[Stage]) -> str | None:
    """A name for the artifacts that a video's rows are made from; None without the first."""
    paths = [artifacts.paths.artifact(fingerprint, stage) for stage in made]
    return version_of(paths) if paths[0].exists() else None


def _frames(artifacts: ArtifactStore, fingerprint: str, duration_ms: int) -> pa.Table:
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


def _lines(artifacts: ArtifactStore, fingerprint: str) -> pa.Table:
    """What each line of a video means, and its language.

    Raises GazeError(ARTIFACT_CORRUPT), or STAGE_NOT_READY where the lines were others.
    """
    wanted = ["fingerprint", "segment_index", "start_ms", "vector"]
    rows = artifacts.read(fingerprint, Stage.MEANINGS, wanted)
    said = artifacts.read(fingerprint, Stage.TRANSCRIPT, ["segment_index", "start_ms", "language"])
    same = ["segment_index", "start_ms"]
    if not rows.select(same).equals(said.select(same)):
        raise GazeError(ErrorCode.STAGE_NOT_READY, fingerprint, Stage.MEANINGS)
    return rows.drop_columns("start_ms").append_column("language", said["language"])
