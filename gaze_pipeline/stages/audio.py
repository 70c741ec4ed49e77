"""AUDIO: the speech track as 16 kHz mono FLAC, sample 0 at the start of the video."""

from __future__ import annotations

import pyarrow as pa

from gaze_pipeline.media.track import RATE
from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.stages.work import OnProgress, Product, source
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.store.paths import replacing
from gaze_pipeline.workspace import Workspace

MODEL: Kind | None = None


def recipe(workspace: Workspace) -> Recipe:
    """The sample rate is all that could differ."""
    del workspace
    return Recipe(parameters={"sample_rate": RATE})


def make(fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
    """Decode the default audio stream. A video without sound gives `has_audio` false."""
    path = source(fingerprint, workspace)
    with replacing(workspace.paths.audio(fingerprint)) as track:
        extract = workspace.decoder.extract_audio(path, track, on_progress)
    row = {
        "fingerprint": fingerprint,
        "duration_ms": extract.duration_ms,
        "has_audio": extract.has_audio,
    }
    return Product(pa.Table.from_pylist([row], schema=schemas.AUDIO), extract.damage)
