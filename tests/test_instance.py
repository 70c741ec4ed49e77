"""Dagster's home: its settings, its tables, what is pruned from it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest
import yaml

from gaze_pipeline import instance as home_of
from gaze_pipeline.instance import (
    open_instance,
    prepare_home,
    prepare_tables,
    prune_records,
)
from gaze_pipeline.store.paths import DataPaths


def test_our_settings_replace_others(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path)
    target = prepare_home(paths) / "dagster.yaml"
    target.write_text("telemetry: {enabled: true}")
    prepare_home(paths)
    assert yaml.safe_load(target.read_text())["telemetry"] == {"enabled": False}


def test_tables_are_prepared_once_a_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = DataPaths(tmp_path)
    assert not home_of.is_prepared(paths)
    prepare_tables(paths)
    assert home_of.is_prepared(paths)
    monkeypatch.setattr(home_of, "version", lambda name: "99.0")
    assert not home_of.is_prepared(paths)


def test_old_records_go_and_what_they_made_stays_known(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path)
    with open_instance(paths) as instance:
        run_id = str(uuid4())
        instance.add_run(dg.DagsterRun("publish", run_id, status=dg.DagsterRunStatus.SUCCESS))
        records = paths.dagster_home / "history" / "runs" / f"{run_id}.db"
        instance.report_engine_event("done", instance.get_run_by_id(run_id))
        instance.report_runless_asset_event(dg.AssetMaterialization("audio", partition="a"))
        assert records.exists()
        assert prune_records(instance, paths.dagster_home, time.time() - 60) == 0
        assert records.exists()
        assert prune_records(instance, paths.dagster_home, time.time() + 60) == 1
        assert not records.exists()
        assert prune_records(instance, paths.dagster_home, time.time() + 60) == 0
        assert instance.get_materialized_partitions(dg.AssetKey("audio")) == {"a"}


def test_the_command_line_does_not_load_dagster() -> None:
    code = "import sys, gaze_pipeline.cli; assert 'dagster' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
