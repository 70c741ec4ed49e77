"""The asset `audio`."""

import dagster as dg

from gaze_pipeline.assets.stage import Result, run_partitions, stage_asset
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.states import Stage


@stage_asset(Stage.AUDIO, group="speech", kinds={"flac", "pyav"})
def audio(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Result:
    """The speech track of each video: 16 kHz mono, sample 0 at the start of the video."""
    return run_partitions(context, Stage.AUDIO, workspace.get())
