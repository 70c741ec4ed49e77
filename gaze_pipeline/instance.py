"""Dagster's instance in the data root: its home, its settings, its records.

The command line imports this, so Dagster itself is imported where it is used.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from gaze_pipeline.store.paths import DataPaths, write_whole

if TYPE_CHECKING:
    from dagster import DagsterInstance

PATIENCE_S = 30.0
TEMPLATE = Path(__file__).with_name("dagster.yaml")


def prepare_home(paths: DataPaths) -> Path:
    """Write our `dagster.yaml` into the home if it is not there as it should be; returns the home."""
    home = paths.dagster_home
    wanted = TEMPLATE.read_bytes()
    target = home / "dagster.yaml"
    if not target.is_file() or target.read_bytes() != wanted:
        write_whole(target, wanted)
    return home


def is_prepared(paths: DataPaths) -> bool:
    """Whether Dagster's tables are there, as the installed version wants them."""
    try:
        return _marker(paths).read_text(encoding="ascii") == version("dagster")
    except OSError:
        return False


def prepare_tables(paths: DataPaths) -> None:
    """Create Dagster's tables or bring them up to date; processes that did so at once would collide."""
    with open_instance(paths) as instance:
        instance.upgrade()
    write_whole(_marker(paths), version("dagster").encode())


def environment(paths: DataPaths) -> Mapping[str, str]:
    """The variables under which every Dagster process of the data root runs."""
    return {
        **os.environ,
        "GAZE_DATA": str(paths.root),
        "DAGSTER_HOME": str(paths.dagster_home),
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def open_instance(paths: DataPaths) -> Iterator[DagsterInstance]:
    """The instance of a data root, whatever DAGSTER_HOME says."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(prepare_home(paths))) as instance:
        yield instance


def interrupt(paths: DataPaths, run_ids: Sequence[str]) -> None:
    """End runs now, as failures: nobody cancelled the other videos that they cover.

    The folder sensor asks for those again. What does not end within `PATIENCE_S` goes on.
    """
    from gaze_pipeline.launcher import LocalRunLauncher

    with open_instance(paths) as instance:
        launcher = instance.run_launcher
        assert isinstance(launcher, LocalRunLauncher)
        for run_id in run_ids:
            process = launcher.process(run_id)
            if process is not None:
                process.send_signal(signal.SIGINT)  # as Dagster ends a run
                with suppress(psutil.TimeoutExpired):
                    process.wait(PATIENCE_S)
            run = instance.get_run_by_id(run_id)
            if run is not None and not run.is_finished and launcher.process(run_id) is None:
                instance.report_run_failed(run, "One of its videos is being forgotten.")


def _marker(paths: DataPaths) -> Path:
    return paths.dagster_home / "prepared"


if __name__ == "__main__":
    from gaze_pipeline.settings import load

    prepare_tables(load().paths)
