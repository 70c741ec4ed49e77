"""What Dagster sees of Gaze, whole; a change here is one that users of the Dagster UI meet."""

from __future__ import annotations

import subprocess
import sys

import dagster as dg
import pytest

from gaze_pipeline.definitions import defs

HEAVY = {
    "torch",
    "torchvision",
    "open_clip",
    "faster_whisper",
    "ctranslate2",
    "lancedb",
    "streamlit",
}

ASSETS = {
    "audio": ("speech", [], None),
    "transcript": ("speech", ["audio"], "inference"),
    "meanings": ("speech", ["transcript"], "inference"),
    "texts": ("vision", ["frames"], "inference"),
    "frames": ("vision", [], None),
    "embeddings": ("vision", ["frames"], "inference"),
    "detections": ("vision", ["frames"], "inference"),
    "search_index": (
        "search",
        ["audio", "detections", "embeddings", "frames", "meanings", "texts", "transcript"],
        "publish",
    ),
    "copies": ("search", ["search_index"], "copies"),
}
CHECKS = {
    "audio:contract", "transcript:contract", "frames:contract", "embeddings:contract",
    "detections:contract", "meanings:contract", "search_index:current", "texts:contract",
    "audio:standing", "transcript:standing", "frames:standing", "embeddings:standing",
    "detections:standing", "meanings:standing", "texts:standing",
}  # fmt: skip
JOBS = {
    "ingest": ["audio", "detections", "embeddings", "frames", "meanings", "texts", "transcript"],
    "publish": ["search_index"],
    "compare": ["copies"],
}


def test_the_definitions_are_sound() -> None:
    dg.Definitions.validate_loadable(defs)


@pytest.mark.parametrize("name", ASSETS)
def test_an_asset(name: str) -> None:
    group, parents, pool = ASSETS[name]
    asset = defs.resolve_assets_def(name)
    spec = asset.get_asset_spec(dg.AssetKey(name))
    assert spec.group_name == group
    assert sorted(dep.asset_key.to_user_string() for dep in spec.deps) == parents
    assert spec.description
    assert spec.kinds
    assert asset.op.pool == pool
    partitioned = name not in ("search_index", "copies")
    assert (asset.partitions_def == dg.DynamicPartitionsDefinition(name="videos")) is partitioned
    if partitioned:
        assert asset.backfill_policy == dg.BackfillPolicy.single_run()


def test_there_are_no_other_assets() -> None:
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert keys == set(ASSETS)


def test_the_checks() -> None:
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().asset_check_keys}
    assert keys == CHECKS


@pytest.mark.parametrize("name", JOBS)
def test_a_job_runs_its_assets_in_one_process(name: str) -> None:
    job = defs.resolve_job_def(name)
    assert sorted(key.to_user_string() for key in job.asset_layer.selected_asset_keys) == JOBS[name]
    assert job.executor_def == dg.in_process_executor


def test_everything_that_the_ui_starts_runs_in_one_process() -> None:
    (job,) = [job for job in defs.get_repository_def().get_all_jobs() if "ASSET_JOB" in job.name]
    assert job.executor_def == dg.in_process_executor


def test_the_sensors_and_the_schedule_are_on() -> None:
    repository = defs.get_repository_def()
    sensors = {sensor.name: sensor for sensor in repository.sensor_defs}
    assert sorted(sensors) == [
        "finished_work", "folders", "interrupted_forgetting", "new_content", "standing",
    ]  # fmt: skip
    running = dg.DefaultSensorStatus.RUNNING
    assert all(sensor.default_status is running for sensor in sensors.values())
    assert sensors["folders"].job_name == "ingest"
    assert sensors["finished_work"].job_name == "publish"
    assert sensors["new_content"].job_name == "compare"
    assert sensors["interrupted_forgetting"].job_name == "upkeep"
    (schedule,) = repository.schedule_defs
    assert (schedule.name, schedule.job_name, schedule.cron_schedule) == (
        "nightly", "upkeep", "0 3 * * *",
    )  # fmt: skip
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_loading_imports_nothing_heavy() -> None:
    code = "import sys, gaze_pipeline.definitions; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(loaded.stdout.split()) & HEAVY == set()
    assert "Warning" not in loaded.stderr
