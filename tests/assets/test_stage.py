"""The stages as Dagster runs them: exact results for each video of a run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from gaze_pipeline.assets import progress
from gaze_pipeline.assets.progress import RunProgress
from gaze_pipeline.definitions import defs
from gaze_pipeline.inflight import ASKED_TAG
from gaze_pipeline.settings import ModelSettings
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.requests import cancel
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.workspace import Workspace
from tests.support.roots import root_variables, tiny_library


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Three scanned videos, no models."""
    films = tiny_library(tmp_path / "films", 3)
    for name, value in root_variables(tmp_path / "data", films).items():
        monkeypatch.setenv(name, value)
    workspace = Workspace.open()
    scan_libraries(workspace)
    return workspace


def keys_of(workspace: Workspace) -> list[str]:
    return [video.fingerprint for video in workspace.catalog.videos.all()]


def run(
    instance: dg.DagsterInstance, keys: list[str], *stages: Stage, asked_at: float | None = None
) -> dg.ExecuteInProcessResult:
    """One run of the job `ingest` over a range of partitions; one of the sensor with `asked_at`."""
    known = instance.get_dynamic_partitions("videos")
    instance.add_dynamic_partitions("videos", [key for key in keys if key not in known])
    job = defs.get_repository_def().get_job("ingest")
    subset = job.get_subset(asset_selection={dg.AssetKey(stage.value) for stage in stages})
    tags = {
        "dagster/asset_partition_range_start": keys[0],
        "dagster/asset_partition_range_end": keys[-1],
    }
    if asked_at is not None:
        tags[ASKED_TAG] = str(asked_at)
    return subset.execute_in_process(instance=instance, tags=tags, raise_on_error=False)


def materialized(instance: dg.DagsterInstance, stage: Stage) -> list[str]:
    return sorted(instance.get_materialized_partitions(dg.AssetKey(stage.value)))


def test_a_range_of_videos_is_one_run(instance: dg.DagsterInstance, workspace: Workspace) -> None:
    keys = keys_of(workspace)
    result = run(instance, keys, Stage.AUDIO, Stage.FRAMES)
    assert result.success
    assert materialized(instance, Stage.AUDIO) == sorted(keys)
    assert materialized(instance, Stage.FRAMES) == sorted(keys)
    for video in workspace.catalog.videos.all():
        assert video.stages[Stage.FRAMES].status is Status.DONE


def test_each_video_has_its_own_metadata(
    instance: dg.DagsterInstance, workspace: Workspace
) -> None:
    keys = keys_of(workspace)
    result = run(instance, keys, Stage.FRAMES)
    events = result.asset_materializations_for_node("frames")
    assert sorted(str(event.partition) for event in events) == sorted(keys)
    for event in events:
        video = workspace.catalog.videos.get(str(event.partition))
        assert video is not None
        assert event.metadata["video"].value == str(video.path)
        assert event.metadata["dagster/row_count"].value == 1
        assert event.metadata["skipped"].value is False


def test_what_is_there_is_skipped(instance: dg.DagsterInstance, workspace: Workspace) -> None:
    keys = keys_of(workspace)
    run(instance, keys, Stage.AUDIO)
    events = run(instance, keys, Stage.AUDIO).asset_materializations_for_node("audio")
    assert [event.metadata["skipped"].value for event in events] == [True] * 3


def test_a_single_video_is_a_run_too(instance: dg.DagsterInstance, workspace: Workspace) -> None:
    keys = keys_of(workspace)
    instance.add_dynamic_partitions("videos", keys)
    job = defs.get_repository_def().get_job("ingest")
    subset = job.get_subset(asset_selection={dg.AssetKey("audio")})
    assert subset.execute_in_process(instance=instance, partition_key=keys[1]).success
    assert materialized(instance, Stage.AUDIO) == [keys[1]]


def test_one_bad_file_costs_only_itself(instance: dg.DagsterInstance, workspace: Workspace) -> None:
    keys = keys_of(workspace)
    bad = workspace.catalog.videos.get(keys[1])
    assert bad is not None
    stat = bad.path.stat()
    bad.path.write_bytes(b"\0" * stat.st_size)
    os.utime(bad.path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    result = run(instance, keys, Stage.AUDIO)

    assert not result.success
    assert materialized(instance, Stage.AUDIO) == sorted([keys[0], keys[2]])
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    data = failure.step_failure_data.user_failure_data
    assert data is not None
    assert "1 video failed" in str(data.description)
    assert list(data.metadata) == [keys[1]]
    video = workspace.catalog.videos.get(keys[1])
    assert video is not None
    code = video.stages[Stage.AUDIO].error_code
    assert code is not None
    assert code.remedy in str(data.description)


def test_a_missing_model_fails_with_its_remedy_and_waits(
    instance: dg.DagsterInstance, workspace: Workspace
) -> None:
    keys = keys_of(workspace)
    result = run(instance, keys, Stage.FRAMES, Stage.EMBEDDINGS)
    assert not result.success
    assert materialized(instance, Stage.FRAMES) == sorted(keys)
    assert materialized(instance, Stage.EMBEDDINGS) == []
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    data = failure.step_failure_data.user_failure_data
    assert data is not None
    assert "MODEL_MISSING" in str(data.description)
    assert "gaze models pull" in str(data.description)
    for video in workspace.catalog.videos.all():
        assert video.stages[Stage.EMBEDDINGS].status is Status.WAITING


def status_of(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> str:
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    return run.status.value


def test_a_run_whose_videos_were_all_cancelled_ends_cancelled(
    instance: dg.DagsterInstance, workspace: Workspace
) -> None:
    keys, asked_at = keys_of(workspace), time.time()
    assert cancel(workspace, workspace.catalog.videos.all()) == 3
    result = run(instance, keys, Stage.AUDIO, Stage.FRAMES, asked_at=asked_at)
    assert status_of(instance, result) == "CANCELED"
    assert materialized(instance, Stage.AUDIO) == []
    states = {video.state for video in workspace.catalog.videos.all()}
    assert states == {State.CANCELLED}
    assert run(instance, keys, Stage.AUDIO).success, "who runs it by hand asks for it"


def test_a_cancelled_video_does_not_stop_the_others(
    instance: dg.DagsterInstance, workspace: Workspace
) -> None:
    keys, asked_at = keys_of(workspace), time.time()
    one = workspace.catalog.videos.get(keys[1])
    assert one is not None
    assert cancel(workspace, [one]) == 1
    result = run(instance, keys, Stage.AUDIO, Stage.FRAMES, asked_at=asked_at)
    assert status_of(instance, result) == "CANCELED", (
        "nothing was left to do but what was cancelled"
    )
    assert materialized(instance, Stage.AUDIO) == sorted([keys[0], keys[2]])


def test_what_is_cancelled_while_it_runs_stops_and_leaves_nothing_half_made(
    instance: dg.DagsterInstance, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, told = keys_of(workspace), RunProgress.__call__

    def cancelled_by_another(self: RunProgress, fingerprint: str, fraction: float) -> None:
        if fingerprint == keys[0]:
            Catalog(workspace.paths.catalog).requests.cancel({fingerprint: [Stage.FRAMES]})
        told(self, fingerprint, fraction)

    monkeypatch.setattr(RunProgress, "__call__", cancelled_by_another)
    result = run(instance, keys, Stage.FRAMES)
    assert status_of(instance, result) == "CANCELED"
    assert materialized(instance, Stage.FRAMES) == sorted(keys[1:])
    assert not [path.name for path in workspace.paths.video(keys[0]).glob("*thumbnails*")]
    assert not list(workspace.paths.video(keys[0]).glob(".*"))


def test_a_run_that_is_being_cancelled_stops_without_a_signal(
    instance: dg.DagsterInstance, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "ASK_EVERY_S", 0.0)
    keys, told = keys_of(workspace), RunProgress.__call__

    def cancelled_in_the_ui(self: RunProgress, fingerprint: str, fraction: float) -> None:
        for under_way in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
            instance.report_run_canceling(under_way)
        told(self, fingerprint, fraction)

    monkeypatch.setattr(RunProgress, "__call__", cancelled_in_the_ui)
    result = run(instance, keys, Stage.AUDIO, Stage.FRAMES)
    assert status_of(instance, result) == "CANCELED"
    assert {video.state for video in workspace.catalog.videos.all()} == {State.CANCELLED}


def test_the_models_run_in_dagster(
    instance: dg.DagsterInstance,
    workspace: Workspace,
    test_models: ModelSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GAZE_MODELS", str(test_models.directory))
    monkeypatch.setenv("GAZE_MODELS__MANIFEST", str(test_models.manifest))
    keys = keys_of(workspace)
    result = run(instance, keys, Stage.FRAMES, Stage.EMBEDDINGS, Stage.DETECTIONS)
    assert result.success
    assert materialized(instance, Stage.EMBEDDINGS) == sorted(keys)
    for event in result.asset_materializations_for_node("detections"):
        assert event.metadata["model"].value == "test-detector"
    assert all(check.passed for check in result.get_asset_check_evaluations())


def test_the_contract_is_checked(instance: dg.DagsterInstance, workspace: Workspace) -> None:
    result = run(instance, keys_of(workspace), Stage.AUDIO, Stage.FRAMES)
    checks = {
        check.asset_key.to_user_string(): check
        for check in result.get_asset_check_evaluations()
        if check.check_name == "contract"
    }
    assert sorted(checks) == ["audio", "frames"]
    assert all(check.passed for check in checks.values())
    assert checks["frames"].metadata["videos"].value == 3


def test_the_index_is_published(instance: dg.DagsterInstance, workspace: Workspace) -> None:
    run(instance, keys_of(workspace), Stage.AUDIO, Stage.FRAMES)
    job = defs.get_repository_def().get_job("publish")
    result = job.execute_in_process(instance=instance)
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    (event,) = result.asset_materializations_for_node("search_index")
    assert event.metadata["revision"].value == workspace.catalog.revision()
