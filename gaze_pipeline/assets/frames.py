"""The asset `frames`."""

import dagster as dg

from gaze_pipeline.assets.stage import Result, run_partitions, stage_asset
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.states import Stage


@stage_asset(Stage.FRAMES, group="vision", kinds={"jpeg", "pyav"})
def frames(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Result:
    """A frame of each video every two seconds, as upright thumbnails."""
    return run_partitions(context, Stage.FRAMES, workspace.get())
