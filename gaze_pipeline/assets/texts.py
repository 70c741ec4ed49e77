"""The asset `texts`."""

import dagster as dg

from gaze_pipeline.assets.frames import frames
from gaze_pipeline.assets.stage import Result, run_partitions, stage_asset
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.states import Stage


@stage_asset(Stage.TEXTS, group="vision", kinds={"onnx"}, after=frames, pool="inference")
def texts(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Result:
    """The text on screen, line by line, with its place and time, by PP-OCRv6."""
    return run_partitions(context, Stage.TEXTS, workspace.get())
