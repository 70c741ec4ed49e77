"""The asset `detections`."""

import dagster as dg

from gaze_pipeline.assets.frames import frames
from gaze_pipeline.assets.stage import Result, run_partitions, stage_asset
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.states import Stage


@stage_asset(
    Stage.DETECTIONS, group="vision", kinds={"torchvision"}, after=frames, pool="inference"
)
def detections(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Result:
    """The objects in each frame, with their places, by SSDLite."""
    return run_partitions(context, Stage.DETECTIONS, workspace.get())
