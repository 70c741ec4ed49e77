"""The jobs. Each run is one process, so that a model is loaded once a run."""

import time

import dagster as dg

from gaze_pipeline.instance import prune_records
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.states import Stage

JOB_TAG = "gaze/job"
KEEP_RECORDS_S = 7 * 24 * 3600

ingest = dg.define_asset_job(
    "ingest",
    selection=dg.AssetSelection.assets(*(stage.value for stage in Stage)),
    executor_def=dg.in_process_executor,
    tags={JOB_TAG: "ingest"},
    description="Takes videos through the five stages. Models are loaded once a run.",
)

publish = dg.define_asset_job(
    "publish",
    selection=dg.AssetSelection.assets("search_index"),
    executor_def=dg.in_process_executor,
    tags={JOB_TAG: "publish", "dagster/priority": "10"},
    description="Publishes a snapshot of everything that has been indexed.",
)


@dg.op
def rescan(context: dg.OpExecutionContext, workspace: WorkspaceResource) -> None:
    """Look through every library, without the bound that the folder sensor keeps to."""
    report = scan_libraries(workspace.get())
    context.log.info(f"{report.changes} files changed, {report.unchanged} are as they were.")


@dg.op
def prune(context: dg.OpExecutionContext, workspace: WorkspaceResource) -> None:
    """Delete the step records of old runs; what they materialized stays known."""
    home = workspace.get().paths.dagster_home
    pruned = prune_records(context.instance, home, older_than=time.time() - KEEP_RECORDS_S)
    context.log.info(f"The records of {pruned} old runs were deleted.")


@dg.job(
    executor_def=dg.in_process_executor,
    tags={JOB_TAG: "upkeep"},
    description="Looks through all libraries and deletes old run records.",
)
def upkeep() -> None:
    """Wire the two steps; they need nothing of each other."""
    rescan()
    prune()
