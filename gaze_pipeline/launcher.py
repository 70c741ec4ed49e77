"""The run launcher: the stock one, and an answer to whether a run's process is still alive."""

from __future__ import annotations

import psutil
from dagster import DagsterRun
from dagster._core.events import DagsterEventType
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus

CLOCK_SLACK_S = 2.0


class LocalRunLauncher(DefaultRunLauncher):
    """Starts runs as processes of the code server and knows a dead one, also after a restart.

    The process id stands in the run's first engine event. An id can be given to another process, which
    then started after that event was written.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the process that wrote the run's first engine event still runs."""
        worker = self._worker(run.run_id)
        if worker is None:
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "The run has no process.")
        pid, seen_at = worker
        if _alive(pid, seen_at):
            return CheckRunHealthResult(WorkerStatus.RUNNING, run_worker_id=str(pid))
        return CheckRunHealthResult(WorkerStatus.FAILED, f"The run's process {pid} is gone.")

    def process(self, run_id: str) -> psutil.Process | None:
        """The run's process, if it lives."""
        worker = self._worker(run_id)
        return psutil.Process(worker[0]) if worker and _alive(*worker) else None

    def _worker(self, run_id: str) -> tuple[int, float] | None:
        """The run's process id and when it was noted (seconds since the epoch)."""
        entries = self._instance.all_logs(run_id, of_type=DagsterEventType.ENGINE_EVENT)
        for entry in entries:
            event = entry.dagster_event
            pid = event.engine_event_data.metadata.get("pid") if event else None
            if pid is not None:
                return int(str(pid.value)), entry.timestamp
        return None


def _alive(pid: int, seen_at: float) -> bool:
    try:
        process = psutil.Process(pid)
        same = process.create_time() <= seen_at + CLOCK_SLACK_S
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
