"""Stored tables that break the contract are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gaze_pipeline.states import Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import ArtifactStore, Recipe
from gaze_pipeline.store.contract import violations
from gaze_pipeline.store.paths import DataPaths

KEY = "0123456789abcdef"
FACTS = {
    "fingerprint": KEY, "duration_ms": 10_000, "width": 64, "height": 48, "rotation": 0,
    "fps": 25.0, "container": "mp4", "audio_streams": 1, "other_audio_first": False,
}  # fmt: skip
SEEN = {
    "fingerprint": KEY, "frame_index": 0, "timestamp_ms": 2000, "label": "dog",
    "confidence": 0.9, "x": 0.1, "y": 0.1, "w": 0.5, "h": 0.5,
}  # fmt: skip


@pytest.fixture
def artifacts(tmp_path: Path) -> ArtifactStore:
    store = ArtifactStore(DataPaths(tmp_path))
    store.write_facts(KEY, pa.Table.from_pylist([FACTS], schema=schemas.MEDIA))
    return store


def put(artifacts: ArtifactStore, *rows: dict[str, Any]) -> None:
    table = pa.Table.from_pylist(list(rows), schema=schemas.DETECTIONS)
    artifacts.write(KEY, Stage.DETECTIONS, table, Recipe())


def test_sound_tables_pass(artifacts: ArtifactStore) -> None:
    put(artifacts, SEEN)
    assert violations(artifacts, KEY, Stage.DETECTIONS) == []
    put(artifacts)
    assert violations(artifacts, KEY, Stage.DETECTIONS) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"timestamp_ms": -1}, "timestamp_ms outside the video"),
        ({"timestamp_ms": 60_000}, "timestamp_ms outside the video"),
        ({"confidence": 1.5}, "confidence outside 0..1"),
        ({"x": -0.2}, "x outside 0..1"),
        ({"fingerprint": "f" * 16}, "rows of another video"),
    ],
)
def test_a_wrong_value_is_named(
    artifacts: ArtifactStore, change: dict[str, Any], complaint: str
) -> None:
    put(artifacts, SEEN, SEEN | change)
    assert violations(artifacts, KEY, Stage.DETECTIONS) == [complaint]


def test_an_unreadable_table_is_named(artifacts: ArtifactStore) -> None:
    put(artifacts, SEEN)
    artifacts.paths.artifact(KEY, Stage.DETECTIONS).write_bytes(b"PAR1 not really")
    (complaint,) = violations(artifacts, KEY, Stage.DETECTIONS)
    assert "ARTIFACT_CORRUPT" in complaint
