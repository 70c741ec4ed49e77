"""What the sensors ask for, given folders, catalog and Dagster's own records."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from gaze_pipeline import inflight, quiet, reconcile, sensors
from gaze_pipeline.definitions import defs
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.instance import open_instance
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace
from tests.support.roots import root_variables, tiny_library, tiny_video
from tests.support.synthetic import Film, SyntheticRoot

Status_ = dg.DagsterRunStatus


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    films = tiny_library(tmp_path / "films", 4)
    for name, value in root_variables(tmp_path / "data", films).items():
        monkeypatch.setenv(name, value)
    return films


class Daemon:
    """Ticks the folder sensor as Dagster's daemon does, keeping cursor, partitions and runs."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None
        self.reported = 0

    def tick(self, launch: bool = True) -> list[dg.RunRequest]:
        """One tick; with `launch`, what it asks for is under way."""
        space = Workspace.open()
        roots = [library.path for library in space.settings.libraries]
        space.catalog.touched.add(roots, at=0.0)
        context = dg.build_sensor_context(
            self.instance, cursor=self.cursor, resources={"workspace": WorkspaceResource()}
        )
        result = sensors.folders(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        for change in result.dynamic_partitions_requests or ():
            if isinstance(change, dg.AddDynamicPartitionsRequest):
                self.instance.add_dynamic_partitions("videos", change.partition_keys)
            else:
                for key in change.partition_keys:
                    self.instance.delete_dynamic_partition("videos", key)
        for event in result.asset_events:
            self.instance.report_runless_asset_event(event)
        self.reported = len(result.asset_events)
        requests = list(result.run_requests or ())
        for request in requests if launch else ():
            self.queue(request)
        return requests

    def queue(self, request: dg.RunRequest) -> dg.DagsterRun:
        """Record a run as under way."""
        tags = {"gaze/job": "ingest", **request.tags}
        if request.partition_key:
            tags["dagster/partition"] = request.partition_key
        run = dg.DagsterRun(
            job_name="ingest",
            run_id=str(uuid4()),
            status=Status_.STARTED,
            tags=tags,
            asset_selection=frozenset(request.asset_selection or ()),
        )
        return self.instance.add_run(run)

    def settle(self, status: dg.DagsterRunStatus) -> None:
        """End every run in flight."""
        for run in self.instance.get_runs():
            if not run.is_finished:
                self._end(run, status)

    def _end(self, run: dg.DagsterRun, status: dg.DagsterRunStatus) -> None:
        report = {
            Status_.CANCELED: self.instance.report_run_canceled,
            Status_.FAILURE: self.instance.report_run_failed,
        }[status]
        report(run)


@pytest.fixture
def daemon(instance: dg.DagsterInstance) -> Daemon:
    return Daemon(instance)


def keys_of(requests: list[dg.RunRequest], order: list[str]) -> list[list[str]]:
    found = []
    for request in requests:
        first = request.tags.get("dagster/asset_partition_range_start", request.partition_key)
        last = request.tags.get("dagster/asset_partition_range_end", request.partition_key)
        found.append(order[order.index(str(first)) : order.index(str(last)) + 1])
    return found


def partitions(instance: dg.DagsterInstance) -> list[str]:
    return list(instance.get_dynamic_partitions("videos"))


def finish(workspace: Workspace, *stages: Stage) -> None:
    keys = [video.fingerprint for video in workspace.catalog.videos.all()]
    for stage in stages:
        assert all(outcome.status.settled for outcome in run_stage(stage, keys, workspace))


def test_new_videos_become_partitions_and_runs(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon
) -> None:
    requests = daemon.tick()
    order = partitions(instance)
    assert order == [video.fingerprint for video in Workspace.open().catalog.videos.all()]
    assert len(order) == len(list(films.iterdir()))
    assert [key for group in keys_of(requests, order) for key in group] == order
    assert len(requests) == 2


def test_only_stages_whose_model_is_there_are_asked_for(films: Path, daemon: Daemon) -> None:
    (request, *_) = daemon.tick()
    assert {key.to_user_string() for key in request.asset_selection or ()} == {"audio", "frames"}
    states = {
        video.stages[Stage.TRANSCRIPT].status for video in Workspace.open().catalog.videos.all()
    }
    assert states == {Status.WAITING}


def test_what_is_in_flight_is_not_asked_for_again(films: Path, daemon: Daemon) -> None:
    assert daemon.tick()
    assert daemon.tick() == []


def test_a_run_from_the_ui_counts_as_in_flight(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon
) -> None:
    daemon.tick(launch=False)
    first, *rest = partitions(instance)
    daemon.queue(dg.RunRequest(partition_key=first))
    assert first not in [key for group in keys_of(daemon.tick(), [first, *rest]) for key in group]


def test_finished_work_is_not_asked_for_again(films: Path, daemon: Daemon) -> None:
    daemon.tick(launch=False)
    finish(Workspace.open(), Stage.AUDIO, Stage.FRAMES)
    assert daemon.tick() == []


def test_a_crashed_run_is_asked_for_again_after_a_while(
    films: Path, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = daemon.tick()
    daemon.settle(Status_.FAILURE)
    assert daemon.tick() == []
    soon = time.time() + 30
    monkeypatch.setattr(time, "time", lambda: soon)
    again = daemon.tick()
    assert len(again) == len(first)
    assert {r.run_key for r in again}.isdisjoint({r.run_key for r in first})


def test_what_a_person_cancelled_stays_cancelled(films: Path, daemon: Daemon) -> None:
    daemon.tick()
    daemon.settle(Status_.CANCELED)
    assert daemon.tick() == []
    videos = Workspace.open().catalog.videos.all()
    assert {video.state for video in videos} == {State.CANCELLED}
    assert videos[0].stages[Stage.FRAMES].error_code is ErrorCode.CANCELLED


def test_a_cancelled_video_can_be_run_by_hand(films: Path, daemon: Daemon) -> None:
    daemon.tick()
    daemon.settle(Status_.CANCELED)
    daemon.tick()
    workspace = Workspace.open()
    finish(workspace, Stage.AUDIO, Stage.FRAMES)
    assert State.CANCELLED not in {video.state for video in workspace.catalog.videos.all()}


def test_a_deleted_video_loses_its_partition(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon
) -> None:
    daemon.tick(launch=False)
    before = partitions(instance)
    (films / "0.mp4").unlink()
    daemon.tick(launch=False)
    assert len(partitions(instance)) == len(before) - 1


def test_an_unplugged_library_loses_nothing(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon
) -> None:
    daemon.tick(launch=False)
    before = partitions(instance)
    films.rename(films.with_name("elsewhere"))
    daemon.tick(launch=False)
    assert partitions(instance) == before


def test_a_copy_is_no_new_video(films: Path, instance: dg.DagsterInstance, daemon: Daemon) -> None:
    daemon.tick(launch=False)
    before = partitions(instance)
    shutil.copy2(films / "0.mp4", films / "copy.mp4")
    daemon.tick(launch=False)
    assert partitions(instance) == before


def test_a_new_video_comes_last(films: Path, instance: dg.DagsterInstance, daemon: Daemon) -> None:
    daemon.tick(launch=False)
    before = partitions(instance)
    tiny_video(films / "000.mp4", seed=99)
    daemon.tick(launch=False)
    assert partitions(instance)[:-1] == before


def test_the_queue_is_kept_short(
    films: Path, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensors, "MAX_QUEUED", 1)
    assert len(daemon.tick()) == 1
    assert daemon.tick() == []


def materialized(instance: dg.DagsterInstance, stage: Stage) -> set[str]:
    return instance.get_materialized_partitions(dg.AssetKey(stage.value))


def test_what_was_made_without_dagster_is_told_to_it_once(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon
) -> None:
    workspace = Workspace.open()
    scan_libraries(workspace)
    finish(workspace, Stage.AUDIO, Stage.FRAMES)
    publish(workspace)
    daemon.tick()
    daemon.tick()
    keys = set(partitions(instance))
    assert len(keys) == len(list(films.iterdir()))
    assert materialized(instance, Stage.AUDIO) == materialized(instance, Stage.FRAMES) == keys
    assert materialized(instance, Stage.TRANSCRIPT) == set()
    assert instance.get_latest_materialization_event(dg.AssetKey("search_index"))
    daemon.tick()
    assert daemon.reported == 0
    publish(workspace)
    daemon.tick()
    assert daemon.reported == 1


def test_a_tick_tells_a_bounded_part(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "MAX_REPORTED", 3)
    workspace = Workspace.open()
    scan_libraries(workspace)
    finish(workspace, Stage.AUDIO, Stage.FRAMES)
    told = []
    for _ in range(5):
        daemon.tick()
        told.append(daemon.reported)
    assert told == [0, 3, 3, 2, 0]
    assert materialized(instance, Stage.FRAMES) == set(partitions(instance))


def test_what_a_run_is_making_is_left_for_the_run_to_tell(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon
) -> None:
    daemon.tick()
    workspace = Workspace.open()
    finish(workspace, Stage.AUDIO)
    publish(workspace)
    publish_run(instance, Status_.STARTED)
    daemon.tick()
    assert daemon.reported == 0
    daemon.settle(Status_.FAILURE)
    daemon.tick()
    assert materialized(instance, Stage.AUDIO) == set(partitions(instance))


def test_a_file_that_is_being_written_is_looked_at_once_it_may_be_whole(
    films: Path, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAZE_SCAN__SETTLE_S", "60")
    assert daemon.tick() == []
    touched = Workspace.open().catalog.touched
    waiting = sorted(films.iterdir())
    assert touched.due(time.time() + 50, 100) == []
    assert touched.due(time.time() + 61, 100) == waiting


def test_what_was_left_unread_is_read_at_the_next_ticks(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensors, "SCAN_S", 0.0)
    known = []
    for _ in range(4):
        daemon.tick(launch=False)
        known.append(len(partitions(instance)))
    assert known == [1, 2, 3, 4]


def test_every_video_is_looked_at_only_when_something_changed(
    films: Path, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    plan = sensors.plan
    monkeypatch.setattr(sensors, "plan", lambda space: looks.append(1) or plan(space))
    workspace = Workspace.open()
    daemon.tick(launch=False)
    finish(workspace, Stage.AUDIO, Stage.FRAMES)
    while daemon.reported or len(looks) < 3:
        daemon.tick()
    looks.clear()
    daemon.tick()
    assert looks == []
    workspace.catalog.stages.reset(partitions(daemon.instance)[0], Stage.AUDIO)
    assert daemon.tick(launch=False), "what is asked for again is noticed at once"
    looks.clear()
    finish(workspace, Stage.AUDIO)
    daemon.tick()
    daemon.tick()
    looks.clear()
    later = time.time() + quiet.LONGEST_S
    monkeypatch.setattr(time, "time", lambda: later)
    daemon.tick()
    assert looks == [1], "now and then all the same"


def test_only_what_an_attempt_failed_on_goes_alone(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon
) -> None:
    daemon.tick(launch=False)
    workspace, order = Workspace.open(), partitions(instance)
    for key in order:  # an older recipe made them, all but the first, which failed
        workspace.catalog.stages.start(key, Stage.AUDIO)
        status, code = (
            (Status.FAILED, ErrorCode.INTERNAL) if key == order[0] else (Status.DONE, None)
        )
        workspace.catalog.stages.settle(key, Stage.AUDIO, status, code, recipe="older")
    assert keys_of(daemon.tick(), order) == [order[:1], order[1:3], order[3:]]


def test_a_run_that_a_power_cut_caught_before_its_launch_is_failed(films: Path) -> None:
    with open_instance(Workspace.open().paths) as instance:
        unlaunched, alive = (
            instance.add_run(dg.DagsterRun("ingest", str(uuid4()), status=Status_.STARTING))
            for _ in range(2)
        )
        instance.report_engine_event("Started", alive, EngineEventData.in_process(os.getpid()))

        def statuses() -> list[dg.DagsterRunStatus]:
            runs = [instance.get_run_by_id(run.run_id) for run in (unlaunched, alive)]
            return [run.status for run in runs if run]

        inflight.fail_unlaunched(instance, launcher_started=time.time() - 60)
        assert statuses() == [Status_.STARTING, Status_.STARTING]
        inflight.fail_unlaunched(instance, launcher_started=time.time() + 60)
        assert statuses() == [Status_.FAILURE, Status_.STARTING]


def publication(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_sensor_context(instance, resources={"workspace": WorkspaceResource()})
    answer = sensors.finished_work(context)
    assert isinstance(answer, (dg.RunRequest, dg.SkipReason))
    return answer


def publish_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> None:
    run = dg.DagsterRun(
        job_name="publish", run_id=str(uuid4()), status=status, tags={"gaze/job": "publish"}
    )
    instance.add_run(run)


def test_nothing_new_is_not_published(films: Path, instance: dg.DagsterInstance) -> None:
    assert isinstance(publication(instance), dg.SkipReason)


def test_finished_work_is_published(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon
) -> None:
    daemon.tick(launch=False)
    assert isinstance(publication(instance), dg.RunRequest)
    publish(Workspace.open())
    assert isinstance(publication(instance), dg.SkipReason)


def test_a_publication_on_its_way_is_enough(
    films: Path, instance: dg.DagsterInstance, daemon: Daemon
) -> None:
    daemon.tick(launch=False)
    publish_run(instance, Status_.STARTED)
    assert isinstance(publication(instance), dg.SkipReason)


def comparison(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_sensor_context(instance, resources={"workspace": WorkspaceResource()})
    answer = sensors.new_content(context)
    assert isinstance(answer, (dg.RunRequest, dg.SkipReason))
    return answer


def test_copies_are_sought_once_among_what_was_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> None:
    root = SyntheticRoot(tmp_path / "data")
    monkeypatch.setenv("GAZE_DATA", str(root.root))
    root.add(Film("a" * 16, (), root.near_topics([1, 2, 3])))
    assert isinstance(comparison(instance), dg.SkipReason)
    publish(root.workspace)
    asked = comparison(instance)
    assert isinstance(asked, dg.RunRequest)
    assert comparison(instance).run_key == asked.run_key, "one that fails is not repeated at once"
    result = defs.get_repository_def().get_job("compare").execute_in_process(instance=instance)
    (event,) = result.asset_materializations_for_node("copies")
    assert event.metadata["compared"].value == 1
    assert isinstance(comparison(instance), dg.SkipReason)
    publish(root.workspace)
    assert isinstance(comparison(instance), dg.SkipReason)
    root.add(Film("b" * 16, (), root.near_topics([4, 5, 6])))
    assert isinstance(comparison(instance), dg.SkipReason), "it is not published yet"
    publish(root.workspace)
    publish_run(instance, Status_.STARTED)
    assert isinstance(comparison(instance), dg.SkipReason)
