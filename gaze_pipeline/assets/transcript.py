"""The asset `transcript`."""

import dagster as dg

from gaze_pipeline.assets.audio import audio
from gaze_pipeline.assets.stage import Result, run_partitions, stage_asset
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.states import Stage


@stage_asset(Stage.TRANSCRIPT, group="speech", kinds={"whisper"}, after=audio, pool="inference")
def transcript(context: dg.AssetExecutionContext, workspace: WorkspaceResource) -> Result:
    """What is said in each video, sentence by sentence, with times and words, by Whisper."""
    return run_partitions(context, Stage.TRANSCRIPT, workspace.get())
