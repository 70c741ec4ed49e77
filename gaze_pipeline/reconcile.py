"""What was made without Dagster, by `gaze index` or by a run that died later: told to it afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice

import dagster as dg

from gaze_pipeline.assets.stage import materialization
from gaze_pipeline.stages.run import Outcome
from gaze_pipeline.states import Stage
from gaze_pipeline.store.snapshot import current_revision
from gaze_pipeline.store.snapshot_files import current
from gaze_pipeline.workspace import Workspace

MAX_REPORTED = 200
SEARCH_INDEX = dg.AssetKey("search_index")


def unreported(
    instance: dg.DagsterInstance,
    workspace: Workspace,
    partitions: Collection[str],
    runs: Sequence[dg.DagsterRun],
) -> list[dg.AssetMaterialization]:
    """At most `MAX_REPORTED` results that Dagster has no record of.

    `partitions` are the videos to look at: known to Dagster, and in none of the unfinished `runs`,
    which report what they make when they end.
    """
    found = chain(_snapshot(instance, workspace, runs), _stages(instance, workspace, partitions))
    return list(islice(found, MAX_REPORTED))


def _stages(
    instance: dg.DagsterInstance, workspace: Workspace, partitions: Collection[str]
) -> Iterator[dg.AssetMaterialization]:
    videos = [video for video in workspace.catalog.videos.all() if video.fingerprint in partitions]
    for stage in Stage:
        settled = [v for v in videos if stage in v.stages and v.stages[stage].status.settled]
        recorded = instance.get_materialized_partitions(dg.AssetKey(stage.value))
        for video in settled:
            if video.fingerprint in recorded:
                continue
            info = workspace.artifacts.info(video.fingerprint, stage)
            if info is None:
                continue
            row = video.stages[stage]
            outcome = Outcome(
                video.fingerprint,
                stage,
                row.status,
                rows=info.rows,
                skipped=True,
                code=row.error_code,
                detail=row.error_detail,
            )
            yield materialization(outcome, workspace)


def _snapshot(
    instance: dg.DagsterInstance, workspace: Workspace, runs: Sequence[dg.DagsterRun]
) -> Iterator[dg.AssetMaterialization]:
    if current_revision(workspace.paths) is None or any(_publishes(run) for run in runs):
        return
    info = current(workspace.paths)
    latest = instance.get_latest_materialization_event(SEARCH_INDEX)
    if info is not None and (latest is None or latest.timestamp < info.published_at):
        yield dg.AssetMaterialization(SEARCH_INDEX, metadata={"revision": info.revision})


def _publishes(run: dg.DagsterRun) -> bool:
    return run.job_name == "publish" or SEARCH_INDEX in (run.asset_selection or ())
