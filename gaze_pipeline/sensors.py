"""The sensors: folders become partitions and runs, finished work becomes a published snapshot."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence

import dagster as dg
import psutil

from gaze_pipeline import inflight, quiet
from gaze_pipeline.duplicates.find import waiting
from gaze_pipeline.forgetting.forget import is_interrupted
from gaze_pipeline.jobs import compare, ingest, publish, upkeep
from gaze_pipeline.partitions import Batch, Candidate, batches, videos
from gaze_pipeline.reconcile import unreported
from gaze_pipeline.recovery import tend
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.register import scan_where_due
from gaze_pipeline.stages.requests import cancel
from gaze_pipeline.states import Status
from gaze_pipeline.store.catalog.rows import StageRow
from gaze_pipeline.store.snapshot import current_number, current_revision
from gaze_pipeline.workspace import Workspace

PartitionsChange = dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest

MAX_QUEUED = 8
SCAN_S = 10.0
"""How long one tick takes up files: Dagster gives up a tick after a minute."""

RECOVERY_EVERY_S = 300.0
"""What died while the services run is put right after this long at the latest."""

PUBLISH_EVERY_S = 20.0
PUBLISH_SHARE = 5
"""While videos are being worked on, publishing may take one part in so many of the time."""

COMPARE_EVERY_S = 3600.0
"""While videos are being indexed, copies are sought only so often."""


@dg.sensor(
    job=ingest,
    minimum_interval_seconds=3,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks for new, changed, moved and deleted videos, and asks for what is to be done.",
)
def folders(context: dg.SensorEvaluationContext, workspace: WorkspaceResource) -> dg.SensorResult:
    """Scan within a bound, keep the partitions in step with the catalog, request runs."""
    space, instance, now = workspace.get(), context.instance, time.time()
    cursor = json.loads(context.cursor or "{}")
    if now >= cursor.get("next_recovery", 0.0):
        cursor["next_recovery"] = now + RECOVERY_EVERY_S
        for line in tend(space).lines():
            context.log.info(f"Repaired: {line}")
    scan_where_due(space, at_most_s=SCAN_S)

    inflight.fail_unlaunched(instance, launcher_started=psutil.Process().create_time())
    runs = inflight.unfinished(instance)  # before the cancelled ones: none falls between the two
    found = quiet.signature(space)
    if not runs and cursor.get("quiet") == found and now < cursor["quiet_until"]:
        return dg.SensorResult(cursor=json.dumps(cursor), skip_reason="Nothing changed.")
    known = instance.get_dynamic_partitions("videos")
    _settle_cancelled(instance, space, known, since=cursor.get("ticked", now))
    cursor["ticked"] = now

    every = space.catalog.videos.all()
    order, changes = _partitions(known, [video.fingerprint for video in every])
    busy = {key for run in runs for key in inflight.partitions_of(run, order)}
    idle = {key: item for key, item in _candidates(space).items() if key not in busy}
    requests = _requests(instance, space, idle, order, len(runs), now)
    events = unreported(instance, space, set(known) - busy, runs)
    nothing = not (runs or idle or changes or events)
    cursor["quiet"] = found if nothing else None
    cursor["quiet_until"] = quiet.until(now, time.time() - now, every)
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=changes,
        asset_events=events,
        cursor=json.dumps(cursor),
        skip_reason=None if requests else f"Nothing to start for {len(order)} videos.",
    )


@dg.sensor(
    job=publish,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Publishes what was indexed: at once when all is done, now and then before that.",
)
def finished_work(
    context: dg.SensorEvaluationContext, workspace: WorkspaceResource
) -> dg.RunRequest | dg.SkipReason:
    """Request a publication when the catalog has moved on from the published snapshot."""
    space, instance = workspace.get(), context.instance
    revision = space.catalog.revision()
    if revision == (current_revision(space.paths) or 0):
        return dg.SkipReason("The published snapshot is up to date.")
    if inflight.unfinished(instance, "publish"):
        return dg.SkipReason("A publication is on its way.")
    last = instance.get_run_records(dg.RunsFilter(job_name="publish"), limit=1)
    busy = inflight.unfinished(instance, "ingest") or inflight.unfinished(instance, "compare")
    if last and busy:
        ended = last[0].end_time or 0.0
        took = ended - (last[0].start_time or ended)
        wait = ended + max(PUBLISH_EVERY_S, PUBLISH_SHARE * took) - time.time()
        if wait > 0:
            return dg.SkipReason(
                f"Videos are being worked on; the next publication is in {wait:.0f} s."
            )
    failed_as = f"{revision}-{last[0].dagster_run.run_id[:8] if last else 0}"
    return dg.RunRequest(run_key=failed_as)


@dg.sensor(
    job=compare,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Compares what was published: at once when all is done, now and then before that.",
)
def new_content(
    context: dg.SensorEvaluationContext, workspace: WorkspaceResource
) -> dg.RunRequest | dg.SkipReason:
    """Request a comparison of the published videos that are new."""
    space, instance = workspace.get(), context.instance
    videos, now = waiting(space), time.time()
    if not videos:
        return dg.SkipReason("All published videos were compared.")
    if inflight.unfinished(instance, "compare") or inflight.unfinished(instance, "publish"):
        return dg.SkipReason("A comparison or a publication is on its way.")
    last = instance.get_run_records(dg.RunsFilter(job_name="compare"), limit=1)
    if last and inflight.unfinished(instance, "ingest"):
        wait = (last[0].end_time or 0.0) + COMPARE_EVERY_S - now
        if wait > 0:
            return dg.SkipReason(f"Videos are being indexed; copies are sought in {wait:.0f} s.")
    # Asked for again once something has changed, or an hour has gone by.
    return dg.RunRequest(run_key=f"{current_number(space.paths)}-{videos}-{int(now // 3600)}")


@dg.sensor(
    job=upkeep,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Carries on where a `gaze forget` was killed: once an hour, until nothing is left.",
)
def interrupted_forgetting(
    context: dg.SensorEvaluationContext, workspace: WorkspaceResource
) -> dg.RunRequest | dg.SkipReason:
    """Request the upkeep, which begins with what is to be forgotten."""
    if not is_interrupted(workspace.get()):
        return dg.SkipReason("Nothing waits to be forgotten.")
    if inflight.unfinished(context.instance, "upkeep"):
        return dg.SkipReason("The upkeep is under way.")
    return dg.RunRequest(run_key=f"forget-{int(time.time() // 3600)}")


def _partitions(
    known: Sequence[str], current: Sequence[str]
) -> tuple[list[str], list[PartitionsChange]]:
    """The partitions in order once they agree with the catalog, and the changes that make them."""
    known_keys, current_keys = set(known), set(current)
    fresh = [key for key in current if key not in known_keys]
    gone = [key for key in known if key not in current_keys]
    changes: list[PartitionsChange] = []
    if fresh:
        changes.append(videos.build_add_request(fresh))
    if gone:
        changes.append(videos.build_delete_request(gone))
    return [key for key in known if key in current_keys] + fresh, changes


def _candidates(space: Workspace) -> Mapping[str, Candidate]:
    todo = plan(space)
    found: dict[str, Candidate] = {}
    for video in space.catalog.videos.all():
        stages = frozenset(todo.get(video.fingerprint, ()))
        if stages:
            tried = any(_tried(video.stages[stage]) for stage in stages & set(video.stages))
            found[video.fingerprint] = Candidate(
                video.fingerprint, stages, video.duration_ms, tried
            )
    return found


def _tried(row: StageRow) -> bool:
    """Whether an attempt failed, or its process died of it; what an older recipe made did neither."""
    return row.status is Status.FAILED or (row.status is Status.PENDING and row.attempt > 0)


def _requests(
    instance: dg.DagsterInstance,
    space: Workspace,
    idle: Mapping[str, Candidate],
    order: Sequence[str],
    queued: int,
    asked_at: float,
) -> list[dg.RunRequest]:
    """Runs for what is not in flight; the queue is kept short, so that news can change it."""
    requests: list[dg.RunRequest] = []
    for batch in batches(order, idle):
        if len(requests) + queued >= MAX_QUEUED:
            break
        video = space.catalog.videos.get(batch.first)
        heard_at = max((row.updated_at for row in video.stages.values()), default=0) if video else 0
        if not inflight.must_wait(instance, batch.first, heard_at, time.time()):
            requests.append(_request(batch, inflight.attempts(instance, batch.first), asked_at))
    return requests


def _request(batch: Batch, attempt: int, asked_at: float) -> dg.RunRequest:
    single = len(batch.fingerprints) == 1
    # A crashed run is asked for again by the next ticks, without what it has done until then.
    tags = {
        inflight.FIRST_TAG: batch.first,
        inflight.ASKED_TAG: str(asked_at),
        "dagster/max_retries": "0",
    }
    if not single:
        tags |= {inflight.RANGE_START_TAG: batch.first, inflight.RANGE_END_TAG: batch.last}
    return dg.RunRequest(
        run_key=f"{batch.first}-{batch.last}-{attempt}",
        partition_key=batch.first if single else None,
        asset_selection=[dg.AssetKey(stage.value) for stage in batch.stages],
        tags=tags,
    )


def _settle_cancelled(
    instance: dg.DagsterInstance, space: Workspace, order: Sequence[str], since: float
) -> None:
    """What a person cancelled stays so: its open stages become CANCELLED, and are not asked for."""
    for record in inflight.cancelled_since(instance, since):
        run = record.dagster_run
        keys = inflight.partitions_of(run, order)
        found = [video for key in keys if (video := space.catalog.videos.get(key))]
        cancel(space, found, inflight.stages_of(run), at=record.end_time)
