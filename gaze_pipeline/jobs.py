"""The jobs. Each run is one process, so that a model is loaded once a run."""

import dagster as dg

from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.states import Stage
from gaze_pipeline.upkeep import upkeep as run_upkeep

JOB_TAG = "gaze/job"

ingest = dg.define_asset_job(
    "ingest",
    selection=dg.AssetSelection.assets(*(stage.value for stage in Stage)),
    executor_def=dg.in_process_executor,
    tags={JOB_TAG: "ingest"},
    description="Takes videos through their stages. Models are loaded once a run.",
)

publish = dg.define_asset_job(
    "publish",
    selection=dg.AssetSelection.assets("search_index"),
    executor_def=dg.in_process_executor,
    tags={JOB_TAG: "publish", "dagster/priority": "10"},
    description="Publishes a snapshot of everything that has been indexed.",
)

compare = dg.define_asset_job(
    "compare",
    selection=dg.AssetSelection.assets("copies"),
    executor_def=dg.in_process_executor,
    tags={JOB_TAG: "compare", "dagster/priority": "-10"},
    description="Compares new videos with all others: copies and extracts become one hit.",
)


@dg.op
def rescan(context: dg.OpExecutionContext, workspace: WorkspaceResource) -> None:
    """Look through every library, without the bound that the folder sensor keeps to."""
    report = scan_libraries(workspace.get())
    context.log.info(f"{report.changes} files changed, {report.unchanged} are as they were.")


@dg.op
def clear(context: dg.OpExecutionContext, workspace: WorkspaceResource) -> None:
    """Forget what is due; delete old snapshots, versions and run records."""
    failed = []
    for done in run_upkeep(workspace.get()):
        if done.error is not None:
            failed.append(str(done.error))
        elif done.told:
            context.log.info(done.told)
    if failed:
        raise dg.Failure(" ".join(failed), allow_retries=False)


@dg.job(
    executor_def=dg.in_process_executor,
    tags={JOB_TAG: "upkeep"},
    description="Looks through all libraries, forgets what is due, deletes old snapshots and records.",
)
def upkeep() -> None:
    """Wire the two steps; they need nothing of each other."""
    rescan()
    clear()
