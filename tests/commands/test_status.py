"""`gaze status --watch`."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gaze_pipeline.commands.status import status
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.workspace import Workspace
from tests.support.roots import root_variables


def test_watching_shows_what_is_worked_on_until_it_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in root_variables(tmp_path / "data").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "160")
    catalog = Workspace.open().catalog
    for name in "abc":
        catalog.files.record([FileRow(Path(f"/films/{name}.mp4"), "films", 1, 1, name * 16)])
        catalog.videos.add(name * 16, 1000)
    for stage in Stage:
        catalog.stages.settle("a" * 16, stage, Status.DONE)
    catalog.stages.start("c" * 16, Stage.FRAMES)
    seconds = iter([0.5])

    def sleep(_: float) -> None:
        try:
            catalog.stages.progress("c" * 16, Stage.FRAMES, next(seconds))
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(time, "sleep", sleep)
    status(watch=True)
    lines = capsys.readouterr().out.splitlines()
    told = "\n".join(lines)
    assert "a.mp4" not in told, "what is done is only counted"
    assert "3 videos, 0:03 in all: 1 DONE, 1 QUEUED, 1 EXTRACTING_FRAMES." in told
    (running,) = [line for line in lines if "c.mp4" in line]
    assert "10%" in running
    assert lines.index(running) < next(i for i, line in enumerate(lines) if "b.mp4" in line)
