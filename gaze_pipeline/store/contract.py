"""Whether what is stored keeps the contract between the stages."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from gaze_pipeline.errors import GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import ArtifactStore

TIMES = ("timestamp_ms", "start_ms", "end_ms")
FRACTIONS = ("confidence", "x", "y", "w", "h")
SLACK_MS = 1000
"""Containers round the duration; a last frame or word may lie a little past it."""


def violations(artifacts: ArtifactStore, fingerprint: str, stage: Stage) -> list[str]:
    """What is wrong with a stored table, in words; an empty list when nothing is."""
    try:
        table = artifacts.read(fingerprint, stage)
        duration_ms = artifacts.read_facts(fingerprint)["duration_ms"][0].as_py()
    except GazeError as error:
        return [str(error)]
    if not schemas.matches(stage, table.schema):
        return ["the columns are not those of the schema"]
    limit_ms = duration_ms + SLACK_MS if duration_ms else None
    return [
        *(f"{name} outside the video" for name in TIMES if not _within(table, name, limit_ms)),
        *(f"{name} outside 0..1" for name in FRACTIONS if not _within(table, name, 1)),
        *_foreign(table, fingerprint),
    ]


def _within(table: pa.Table, name: str, limit: int | None) -> bool:
    if name not in table.column_names or table.num_rows == 0:
        return True
    bounds = pc.min_max(table[name]).as_py()
    return bounds["min"] >= 0 and (limit is None or bounds["max"] <= limit + 1e-4)


def _foreign(table: pa.Table, fingerprint: str) -> list[str]:
    strangers = set(pc.unique(table["fingerprint"]).to_pylist()) - {fingerprint}
    return ["rows of another video"] if strangers else []
