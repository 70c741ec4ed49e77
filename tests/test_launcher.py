"""Whether the launcher knows a dead run worker, tried on real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.launcher import WorkerStatus

from gaze_pipeline.instance import open_instance
from gaze_pipeline.launcher import LocalRunLauncher
from gaze_pipeline.store.paths import DataPaths


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    with open_instance(DataPaths(tmp_path_factory.mktemp("root"))) as instance:
        yield instance


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def started_run(instance: dg.DagsterInstance, pid: int | None) -> dg.DagsterRun:
    run = dg.DagsterRun(job_name="ingest", run_id=str(uuid4()), status=dg.DagsterRunStatus.STARTED)
    instance.add_run(run)
    if pid is not None:
        instance.report_engine_event("Started", run, EngineEventData.in_process(pid))
    return run


def health(instance: dg.DagsterInstance, run: dg.DagsterRun) -> WorkerStatus:
    return instance.run_launcher.check_run_worker_health(run).status


def test_it_is_the_launcher_of_our_instance(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.run_launcher, LocalRunLauncher)
    assert instance.run_launcher.supports_check_run_worker_health
    assert instance.run_monitoring_enabled
    assert not instance.telemetry_enabled


def test_a_living_worker_runs(
    instance: dg.DagsterInstance, worker: subprocess.Popen[bytes]
) -> None:
    run = started_run(instance, worker.pid)
    assert health(instance, run) is WorkerStatus.RUNNING


def test_a_killed_worker_has_failed(
    instance: dg.DagsterInstance, worker: subprocess.Popen[bytes]
) -> None:
    run = started_run(instance, worker.pid)
    worker.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    worker.wait()
    assert health(instance, run) is WorkerStatus.FAILED


@pytest.mark.skipif(os.name == "nt", reason="there are no zombies on Windows")
def test_a_killed_worker_that_nobody_waited_for_has_failed(
    instance: dg.DagsterInstance, worker: subprocess.Popen[bytes]
) -> None:
    run = started_run(instance, worker.pid)
    os.kill(worker.pid, signal.SIGKILL)
    stat = Path(f"/proc/{worker.pid}/stat")
    while stat.is_file() and ") Z" not in stat.read_text():
        time.sleep(0.01)
    assert health(instance, run) is WorkerStatus.FAILED


def test_another_process_with_its_number_is_not_the_worker(
    instance: dg.DagsterInstance,
    worker: subprocess.Popen[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = time.time()
    monkeypatch.setattr(time, "time", lambda: started - 3600)
    run = started_run(instance, worker.pid)
    monkeypatch.undo()
    assert health(instance, run) is WorkerStatus.FAILED


def test_a_run_without_a_process_is_not_found(instance: dg.DagsterInstance) -> None:
    assert health(instance, started_run(instance, None)) is WorkerStatus.NOT_FOUND
