"""Conversions for people who change their minds: fifty seeks, and only the last one is waited for."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

from gaze_pipeline.settings import Library, ScanSettings, Settings
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.workspace import Workspace
from tests.support.clips import render
from tests.support.running import until
from tests.support.serving import served

SEEKS = 50
LATE_MS = 90_000


def at_rest(processes: list[psutil.Process]) -> bool:
    """Whether none of them computes anything for a second."""
    used = [one.cpu_times()[:2] for one in processes]
    time.sleep(1)
    return [one.cpu_times()[:2] for one in processes] == used


def test_seeks_that_were_given_up_leave_nothing_at_work(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    render(folder / "long.avi", range(0, 100_000, 250), codec="mpeg4", size=(640, 384))
    settings = Settings(
        root=tmp_path / "data",
        libraries=[Library(name="films", path=folder)],
        scan=ScanSettings(settle_s=0),
    )
    workspace = Workspace.open(settings)
    scan_libraries(workspace)
    (video,) = workspace.catalog.videos.all()
    clips = workspace.paths.clips
    with served(settings.root, tmp_path / "search.log") as app:
        headers = {"authorization": f"Bearer {app.token}"}
        address = app.url(f"/playback/{video.fingerprint}")
        for seek in range(SEEKS):
            asked = {"start_ms": seek * 1000, "end_ms": seek * 1000 + 24_000}
            with suppress(httpx.ReadTimeout):
                httpx.get(address, params=asked, headers=headers, timeout=0.05)
        last = httpx.get(address, params={"start_ms": LATE_MS}, headers=headers, timeout=60)
        assert last.status_code == 200
        until(lambda: not list(clips.glob(".making-*")), 10, "the end of what was given up")
        assert len(list(clips.iterdir())) < SEEKS / 5
        decoders = psutil.Process(app.pid).children()
        until(lambda: at_rest(decoders), 20, "rest")
        assert "Traceback" not in app.log.read_text(encoding="utf-8")
