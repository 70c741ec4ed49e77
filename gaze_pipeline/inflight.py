"""What Dagster's own records say of runs: in flight, cancelled, dead before they reached their videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from gaze_pipeline.jobs import JOB_TAG
from gaze_pipeline.states import Stage
from gaze_pipeline.store.catalog.backoff import wait_s

PARTITION_TAG = "dagster/partition"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
FIRST_TAG = "gaze/first"
"""The first video of a run that a sensor asked for: attempts are counted by it."""
ASKED_TAG = "gaze/asked-at"
"""When the folder sensor began to look for what a run of it is about, in seconds since the epoch."""


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


def cancelled_since(instance: dg.DagsterInstance, moment: float) -> list[dg.RunRecord]:
    """The runs that were cancelled after `moment` (seconds since the epoch)."""
    after = datetime.fromtimestamp(moment, UTC)
    cancelled = dg.RunsFilter(statuses=[dg.DagsterRunStatus.CANCELED], updated_after=after)
    return list(instance.get_run_records(cancelled))


def asked_at(record: dg.RunRecord) -> float:
    """When what a run is about was asked for, in seconds since the epoch."""
    run = record.dagster_run
    if ASKED_TAG in run.tags and run.parent_run_id is None:  # who runs it again asks anew
        return float(run.tags[ASKED_TAG])
    return record.create_timestamp.timestamp()


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


def must_wait(instance: dg.DagsterInstance, first: str, heard_at: float, now: float) -> bool:
    """Whether the runs that begin with this video died before they reached it, and the last just now.

    What fails of a video itself waits by the catalog, which last heard of it at `heard_at` (seconds since
    the epoch). This is for runs that cannot start.
    """
    records = instance.get_run_records(dg.RunsFilter(tags={FIRST_TAG: first}), limit=12)
    failures = 0
    for record in records:
        failed = record.dagster_run.status is dg.DagsterRunStatus.FAILURE
        if not failed or record.create_timestamp.timestamp() < heard_at:
            break
        failures += 1
    return failures > 0 and now - (records[0].end_time or 0.0) < wait_s(failures)
