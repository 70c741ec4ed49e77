"""The real services: watching a folder, obeying the Dagster UI, surviving every kind of death."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from glob import glob

import pytest

from gaze_pipeline.store.snapshot import current_revision
from tests.support.gaze import Gaze
from tests.support.roots import tiny_library, tiny_video
from tests.support.running import RunningGaze, running_gaze, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="signals are POSIX"),
]
FEW, MANY = 3, 24
UNFINISHED = ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGaze]:
    """Started on a library of three tiny videos, to which each test adds its own."""
    folder = tmp_path_factory.mktemp("running")
    with running_gaze(folder / "data", tiny_library(folder / "films", FEW)) as gaze:
        yield gaze


@pytest.fixture
def gaze(services: RunningGaze) -> RunningGaze:
    """The services, with all done that there is."""
    count = len(list(services.library.iterdir()))
    until(lambda: services.decoded(count), what="the videos so far")
    until(lambda: not services.runs(statuses=UNFINISHED, pipelineName="ingest"), what="quiet")
    return services


def add_many(gaze: RunningGaze) -> int:
    """Add videos that take a run a while; returns how many there are now."""
    original = tiny_video(gaze.library.parent / "original.mp4", seconds=90).read_bytes()
    before = len(list(gaze.library.iterdir()))
    for number in range(before, before + MANY):
        trailer = number.to_bytes(8, "big")
        (gaze.library / f"many-{number:03}.mp4").write_bytes(original + trailer)
    return before + MANY


def busy_run(gaze: RunningGaze) -> str:
    """A run that is in the midst of its videos."""
    found: list[str] = []

    def begun() -> bool:
        started = gaze.runs(statuses=["STARTED"], pipelineName="ingest")
        found[:] = [str(run["runId"]) for run in started]
        return bool(found) and any("running" in row.values() for row in gaze.statuses())

    until(begun, what="a run")
    return found[-1]


def test_a_folder_is_indexed_and_published(gaze: RunningGaze) -> None:
    catalog = gaze.workspace.catalog
    until(lambda: current_revision(gaze.workspace.paths) == catalog.revision(), what="the index")


def cancel_in_the_ui(gaze: RunningGaze) -> bool:
    """Terminate every run that has not ended; returns whether there was none."""
    under_way = gaze.runs(statuses=UNFINISHED, pipelineName="ingest")
    for run in under_way:
        gaze.ask(
            "mutation($id: String!) { terminateRun(runId: $id) { __typename } }", id=run["runId"]
        )
    return not under_way


def test_what_the_ui_cancels_stays_cancelled_until_it_is_run_again(gaze: RunningGaze) -> None:
    count = add_many(gaze)
    run_id = busy_run(gaze)
    until(lambda: cancel_in_the_ui(gaze) and len(gaze.statuses()) == count, what="the cancellation")
    time.sleep(15)
    assert not gaze.runs(statuses=UNFINISHED, pipelineName="ingest")
    cancelled = gaze.runs(statuses=["CANCELED"], pipelineName="ingest")
    assert run_id in [run["runId"] for run in cancelled]
    assert any("cancelled" in row.values() for row in gaze.statuses())
    assert not any("running" in row.values() for row in gaze.statuses())
    for run in cancelled:
        gaze.ask(
            """mutation($id: String!) { launchRunReexecution(reexecutionParams: {
                parentRunId: $id, strategy: ALL_STEPS }) { __typename } }""",
            id=run["runId"],
        )
    until(lambda: gaze.decoded(count), seconds=300, what="the videos, run again")


def test_what_the_command_line_cancels_stays_so_until_it_is_taken_up_again(
    gaze: RunningGaze,
) -> None:
    count = add_many(gaze)
    run_id = busy_run(gaze)
    until(lambda: len(gaze.statuses()) == count, what="the scan")
    command = Gaze(gaze.root, variables=dict(gaze.variables))
    assert "cancelled" in command.run("cancel", "--all").stdout
    until(lambda: not gaze.runs(statuses=UNFINISHED, pipelineName="ingest"), what="the end")
    (run,) = gaze.runs(runIds=[run_id])
    assert run["status"] == "CANCELED"
    time.sleep(10)
    assert not gaze.runs(statuses=UNFINISHED, pipelineName="ingest")
    left = glob("**/.*", root_dir=gaze.workspace.paths.artifacts, recursive=True)
    assert left == [], "nothing half-made"
    assert {"cancelled", "done"} <= {status for row in gaze.statuses() for status in row.values()}
    assert "taken up again" in command.run("retry", "--all").stdout
    until(lambda: gaze.decoded(count), seconds=300, what="the videos, taken up again")


def test_a_killed_run_worker_is_replaced(gaze: RunningGaze) -> None:
    count = add_many(gaze)
    run_id = busy_run(gaze)
    pid = gaze.worker_pid(run_id)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: gaze.runs(runIds=[run_id], statuses=["FAILURE"]), what="the failure")
    until(lambda: gaze.decoded(count), what="the videos")


def test_after_a_power_cut_the_work_goes_on(gaze: RunningGaze) -> None:
    count = add_many(gaze)
    run_id = busy_run(gaze)
    gaze.kill_everything()
    gaze.start()
    until(lambda: gaze.runs(runIds=[run_id], statuses=["FAILURE"]), what="the dead run's end")
    until(lambda: gaze.decoded(count), what="the videos")


def test_ctrl_c_ends_all_and_the_next_start_goes_on(gaze: RunningGaze) -> None:
    count = add_many(gaze)
    busy_run(gaze)
    assert gaze.stop() == []
    assert not any("cancelled" in row.values() for row in gaze.statuses())
    gaze.start()
    until(lambda: gaze.decoded(count), what="the videos")
