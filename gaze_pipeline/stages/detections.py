"""DETECTIONS: which things are seen, as labelled boxes in the sampled frames."""

from __future__ import annotations

from dataclasses import asdict

import pyarrow as pa

from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.stages.thumbnails import damage, looks
from gaze_pipeline.stages.work import OnProgress, Product, frame_recipe, model_recipe
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.workspace import Workspace

MODEL: Kind | None = "detector"


def recipe(workspace: Workspace) -> Recipe:
    """The detector and its threshold, over the frames as sampled."""
    frames = frame_recipe(workspace.settings)
    threshold = {"min_confidence": workspace.settings.detection.min_confidence}
    return model_recipe(workspace, "detector", Recipe("", {**frames.parameters, **threshold}))


def make(fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
    """Detect objects in every sampled frame."""
    detector = workspace.models.detector()
    rows = []
    for batch in looks(fingerprint, workspace, on_progress, detector.at_once):
        found = detector.detect([look.image for look in batch])
        rows += [
            {
                "fingerprint": fingerprint,
                "frame_index": index,
                "timestamp_ms": time,
                **asdict(detection),
            }
            for look, detections in zip(batch, found, strict=True)
            for index, time in look.frames
            for detection in detections
        ]
    return Product(
        pa.Table.from_pylist(rows, schema=schemas.DETECTIONS), damage(fingerprint, workspace)
    )
