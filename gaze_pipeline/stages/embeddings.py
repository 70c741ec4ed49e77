"""EMBEDDINGS: what is seen, as one unit vector a sampled frame."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.stages.thumbnails import damage, looks
from gaze_pipeline.stages.work import OnProgress, Product, frame_recipe, model_recipe
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.workspace import Workspace

MODEL: Kind | None = "clip"


def recipe(workspace: Workspace) -> Recipe:
    """The image model, over the frames as sampled."""
    return model_recipe(workspace, "clip", frame_recipe(workspace.settings))


def make(fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
    """Embed every sampled frame; those that show the same picture have the same vector."""
    clip = workspace.models.clip()
    indices: list[int] = []
    times: list[int] = []
    vectors = [np.empty((0, clip.dim), dtype=np.float16)]
    for batch in looks(fingerprint, workspace, on_progress, clip.at_once):
        frames = [frame for look in batch for frame in look.frames]
        indices += [index for index, _ in frames]
        times += [time for _, time in frames]
        seen = clip.encode_images([look.image for look in batch]).astype(np.float16)
        vectors.append(np.repeat(seen, [len(look.frames) for look in batch], axis=0))
    flat = pa.array(np.concatenate(vectors).ravel())
    columns = [
        pa.array([fingerprint] * len(indices), pa.string()),
        pa.array(indices, pa.int32()),
        pa.array(times, pa.int64()),
        pa.array([clip.model_id] * len(indices), pa.string()),
        pa.FixedSizeListArray.from_arrays(flat, clip.dim),
    ]
    table = pa.Table.from_arrays(columns, schema=schemas.embeddings(clip.dim))
    return Product(table, damage(fingerprint, workspace))
