"""The asset `search_index`."""

from __future__ import annotations

import dagster as dg

from gaze_pipeline.assets.audio import audio
from gaze_pipeline.assets.detections import detections
from gaze_pipeline.assets.embeddings import embeddings
from gaze_pipeline.assets.frames import frames
from gaze_pipeline.assets.meanings import meanings
from gaze_pipeline.assets.stage import Result
from gaze_pipeline.assets.texts import texts
from gaze_pipeline.assets.transcript import transcript
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.store.snapshot import current_revision, publish

CURRENT = dg.AssetCheckSpec(
    "current",
    asset="search_index",
    description="The published snapshot holds everything that was known when it was begun.",
)


@dg.asset(
    deps=[audio, transcript, meanings, frames, embeddings, detections, texts],
    group_name="search",
    kinds={"duckdb", "lancedb"},
    pool="publish",
    check_specs=[CURRENT],
)
def search_index(workspace: WorkspaceResource) -> Result:
    """What searches read: a snapshot of all artifacts, published whole."""
    space = workspace.get()
    wanted = space.catalog.revision()
    publish(space)
    published = current_revision(space.paths)
    return dg.MaterializeResult(
        metadata={"revision": published},
        check_results=[
            dg.AssetCheckResult(
                check_name="current",
                passed=published is not None and published >= wanted,
                metadata={"wanted_revision": wanted, "published_revision": published},
            )
        ],
    )
