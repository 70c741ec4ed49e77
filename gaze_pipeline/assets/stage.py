"""Running a stage over the partitions of a run, with an exact result for each video."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._utils.warnings import disable_dagster_warnings

from gaze_pipeline.assets.progress import STOPPING, RunProgress
from gaze_pipeline.errors import ErrorCode, explain
from gaze_pipeline.inflight import asked_at
from gaze_pipeline.partitions import videos
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.stages.requests import cancel, still_to_do
from gaze_pipeline.stages.run import Outcome, run_stage
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.rows import VideoRow, remedy
from gaze_pipeline.store.contract import violations
from gaze_pipeline.workspace import Workspace

if TYPE_CHECKING:
    Result = dg.MaterializeResult[None]
else:
    Result = dg.MaterializeResult  # Dagster knows its result class only without a parameter

Compute = Callable[[dg.AssetExecutionContext, WorkspaceResource], Result]


def stage_asset(
    stage: Stage,
    group: str,
    kinds: set[str],
    after: dg.AssetsDefinition | None = None,
    pool: str | None = None,
) -> Callable[[Compute], dg.AssetsDefinition]:
    """Declare the asset of a stage: one partition a video, a range of them in one run."""
    description = "The agreed columns; times within the video, scores and boxes within 0..1."
    with disable_dagster_warnings():  # backfill policies are marked beta
        return dg.asset(
            name=stage.value,
            deps=[after] if after else None,
            partitions_def=videos,
            backfill_policy=dg.BackfillPolicy.single_run(),
            group_name=group,
            kinds=kinds,
            pool=pool,
            check_specs=[dg.AssetCheckSpec("contract", asset=stage.value, description=description)],
        )


def run_partitions(context: dg.AssetExecutionContext, stage: Stage, workspace: Workspace) -> Result:
    """Bring the run's videos up to date.

    When some fail, the others are recorded as materialized and the step fails with the reasons.
    """
    keys, progress = context.partition_keys, RunProgress(context)
    record = context.instance.get_run_record_by_id(context.run.run_id)
    asked = asked_at(record) if record else None
    outcomes: list[Outcome] = []
    try:
        for outcome in run_stage(stage, keys, workspace, progress, asked):
            outcomes.append(outcome)
            context.log.info(
                f"{len(outcomes)}/{len(keys)} {outcome.fingerprint}: {_summary(outcome)}"
            )
        progress.require_wanted()
    except BaseException:
        _note_cancelled(context, workspace)
        raise
    good = [outcome for outcome in outcomes if outcome.status.settled]
    if len(good) == len(outcomes):
        for outcome in good:
            context.add_asset_metadata(
                metadata(outcome, workspace), partition_key=outcome.fingerprint
            )
        return dg.MaterializeResult(check_results=[_check(good, workspace)])
    for outcome in good:
        context.log_event(materialization(outcome, workspace))
    bad = [outcome for outcome in outcomes if not outcome.status.settled]
    if all(outcome.status is Status.CANCELLED for outcome in bad) and _nothing_left(
        context, workspace
    ):
        context.log.info("What was left was cancelled.")
        context.instance.report_run_canceling(context.run)
        raise dg.DagsterExecutionInterruptedError
    raise _failure(bad)


def materialization(outcome: Outcome, workspace: Workspace) -> dg.AssetMaterialization:
    """The event that records one video's result."""
    return dg.AssetMaterialization(
        asset_key=outcome.stage.value,
        partition=outcome.fingerprint,
        metadata=metadata(outcome, workspace),
    )


def metadata(outcome: Outcome, workspace: Workspace) -> Mapping[str, dg.MetadataValue[Any]]:
    """What the Dagster UI shows of one video's result."""
    video = workspace.catalog.videos.get(outcome.fingerprint)
    info = workspace.artifacts.info(outcome.fingerprint, outcome.stage)
    artifact = workspace.paths.artifact(outcome.fingerprint, outcome.stage)
    entries: dict[str, dg.MetadataValue[Any]] = {
        "dagster/row_count": dg.MetadataValue.int(outcome.rows),
        "seconds": dg.MetadataValue.float(round(outcome.seconds, 3)),
        "skipped": dg.MetadataValue.bool(outcome.skipped),
        "artifact": dg.MetadataValue.path(str(artifact)),
    }
    if video is not None:
        entries["video"] = dg.MetadataValue.path(str(video.path))
    if info is not None and info.recipe.model_id:
        entries["model"] = dg.MetadataValue.text(info.recipe.model_id)
    if outcome.code is not None:
        entries["problem"] = dg.MetadataValue.text(_reason(outcome))
    return entries


def _note_cancelled(context: dg.AssetExecutionContext, workspace: Workspace) -> None:
    """What a person cancelled stays so until asked for; a shutdown leaves it pending, to go on."""
    run = context.instance.get_run_by_id(context.run.run_id)
    if run is not None and run.status in STOPPING:
        cancel(workspace, _videos(context, workspace), _stages(context))


def _nothing_left(context: dg.AssetExecutionContext, workspace: Workspace) -> bool:
    """Whether the run has nothing to do any more: all is done, has failed, or was cancelled."""
    stages = _stages(context)
    return not any(still_to_do(workspace, video, stages) for video in _videos(context, workspace))


def _stages(context: dg.AssetExecutionContext) -> list[Stage]:
    """The stages that the run covers."""
    keys = context.job_def.asset_layer.executable_asset_keys
    return [stage for stage in Stage if dg.AssetKey(stage.value) in keys]


def _videos(context: dg.AssetExecutionContext, workspace: Workspace) -> list[VideoRow]:
    found = (workspace.catalog.videos.get(key) for key in context.partition_keys)
    return [video for video in found if video is not None]


def _check(outcomes: Sequence[Outcome], workspace: Workspace) -> dg.AssetCheckResult:
    found = {
        outcome.fingerprint: problems
        for outcome in outcomes
        if (problems := violations(workspace.artifacts, outcome.fingerprint, outcome.stage))
    }
    return dg.AssetCheckResult(
        check_name="contract",
        passed=not found,
        metadata={"videos": len(outcomes), "violations": dg.MetadataValue.json(found)},
    )


def _failure(bad: Sequence[Outcome]) -> dg.Failure:
    failed = [outcome for outcome in bad if outcome.status is not Status.CANCELLED]
    told = []
    if failed:
        codes = sorted({(outcome.code or ErrorCode.INTERNAL).name for outcome in failed})
        told.append(f"{_count(failed)} failed ({', '.join(codes)})")
    if len(bad) > len(failed):
        told.append(f"{_count(bad[len(failed) :])} cancelled")
    return dg.Failure(
        f"{', '.join(told)}; the others are done. {_reason((failed or bad)[0])}",
        metadata={outcome.fingerprint: dg.MetadataValue.text(_reason(outcome)) for outcome in bad},
        allow_retries=False,
    )


def _count(outcomes: Sequence[Outcome]) -> str:
    return f"{len(outcomes)} video{'s' if len(outcomes) > 1 else ''}"


def _reason(outcome: Outcome) -> str:
    code = outcome.code or ErrorCode.INTERNAL
    what_to_do = remedy(outcome.status, code, outcome.detail)
    return explain(code, outcome.fingerprint, outcome.detail, what_to_do)


def _summary(outcome: Outcome) -> str:
    if outcome.skipped:
        return f"already there, {outcome.rows} rows"
    if outcome.status.settled:
        return f"{outcome.status}, {outcome.rows} rows in {outcome.seconds:.1f} s"
    return _reason(outcome)
