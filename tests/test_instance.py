"""Dagster's home: its settings, its tables, what is pruned from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gaze_pipeline import instance as home_of
from gaze_pipeline.instance import (
    prepare_home,
    prepare_tables,
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


def test_the_command_line_does_not_load_dagster() -> None:
    code = "import sys, gaze_pipeline.cli; assert 'dagster' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
