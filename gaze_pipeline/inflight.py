"""What Dagster's own records say of videos: in flight, cancelled, failed again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from gaze_pipeline.jobs import JOB_TAG
from gaze_pipeline.states import Stage

PARTITION_TAG = "dagster/partition"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
FIRST_TAG = "gaze/first"
"""The first video of a run that a sensor asked for: attempts are counted by it."""

FIRST_WAIT_S = 10
LONGEST_WAIT_S = 3600


def unfinished(instance: dg.DagsterInstance, job: str | None = None) -> list[dg.DagsterRun]:
    """The runs that are queued or running, of one of our jobs or of any."""
    tags = {JOB_TAG: job} if job else {}
    return list(instance.get_runs(dg.RunsFilter(statuses=NOT_FINISHED_STATUSES, tags=tags)))


def fail_unlaunched(instance: dg.DagsterInstance, launcher_started: float) -> None:
    """Fail the runs that an earlier code server was about to launch when it died.

    `launcher_started` is when the present one started (seconds since the epoch). Dagster itself would
    hold their videos until its start timeout, which leaves a slow machine two minutes.
    """
    before = datetime.fromtimestamp(launcher_started, UTC)
    starting = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTING], updated_before=before)
    for run in instance.get_runs(starting):
        health = instance.run_launcher.check_run_worker_health(run)
        if health.status is not WorkerStatus.RUNNING:
            instance.report_run_failed(run, "What was to launch the run was ended before it did.")


def cancelled_since(instance: dg.DagsterInstance, moment: float) -> list[dg.DagsterRun]:
    """The runs that were cancelled after `moment` (seconds since the epoch)."""
    after = datetime.fromtimestamp(moment, UTC)
    cancelled = dg.RunsFilter(statuses=[dg.DagsterRunStatus.CANCELED], updated_after=after)
    return list(instance.get_runs(cancelled))


def partitions_of(run: dg.DagsterRun, order: Sequence[str]) -> Sequence[str]:
    """The videos that a run covers; `order` is that of the partitions."""
    if PARTITION_TAG in run.tags:
        return [run.tags[PARTITION_TAG]]
    first, last = run.tags.get(RANGE_START_TAG), run.tags.get(RANGE_END_TAG)
    if first not in order or last not in order:
        return []
    return order[order.index(first) : order.index(last) + 1]


def stages_of(run: dg.DagsterRun) -> Iterator[Stage]:
    """The stages that a run covers."""
    names = {key.to_user_string() for key in run.asset_selection or ()}
    return (stage for stage in Stage if not names or stage.value in names)


def attempts(instance: dg.DagsterInstance, first: str) -> int:
    """How many runs were asked for that begin with this video."""
    return instance.get_runs_count(dg.RunsFilter(tags={FIRST_TAG: first}))


def must_wait(instance: dg.DagsterInstance, first: str, now: float) -> bool:
    """Whether runs that begin with this video failed just now; the wait doubles with each failure."""
    records = instance.get_run_records(dg.RunsFilter(tags={FIRST_TAG: first}), limit=12)
    failures = 0
    for record in records:
        if record.dagster_run.status is not dg.DagsterRunStatus.FAILURE:
            break
        failures += 1
    if not failures:
        return False
    wait: float = min(FIRST_WAIT_S * 2 ** (failures - 1), LONGEST_WAIT_S)
    return now - (records[0].end_time or 0.0) < wait
