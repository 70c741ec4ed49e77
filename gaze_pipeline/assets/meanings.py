"""The asset `meanings`."""

import dagster as dg

from gaze_pipeline.assets.stage import Result, run_partitions, stage_asset
from gaze_pipeline.assets.transcript import transcript
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.states import Stage


@stage_asset(
    Stage.MEANINGS, group="speech", kinds={"ctranslate2"}, after=transcript, pool="inference"
)
def meanings(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Result:
    """What each line means, as a vector that queries can be compared with, by multilingual-e5."""
    return run_partitions(context, Stage.MEANINGS, workspace.get())
