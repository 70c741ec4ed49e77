"""The asset `embeddings`."""

import dagster as dg

from gaze_pipeline.assets.frames import frames
from gaze_pipeline.assets.stage import Result, run_partitions, stage_asset
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.states import Stage


@stage_asset(Stage.EMBEDDINGS, group="vision", kinds={"openclip"}, after=frames, pool="inference")
def embeddings(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Result:
    """What each frame means, as a vector that words can be compared with, by OpenCLIP."""
    return run_partitions(context, Stage.EMBEDDINGS, workspace.get())
