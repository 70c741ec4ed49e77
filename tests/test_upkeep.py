"""The nightly upkeep: what is due goes, what is not stays, and one failure stops nothing else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gaze_pipeline import upkeep as upkeep_module
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.settings import DAY_S, RetentionSettings
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.upkeep import due, upkeep
from gaze_pipeline.workspace import Workspace
from tests.support.synthetic import Film, Line, SyntheticRoot

GONE, STAYS = "a" * 16, "b" * 16
NOW = time.time()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = SyntheticRoot(tmp_path / "data")
    for fingerprint in (GONE, STAYS):
        root.add(Film(fingerprint, [Line(0, 1000, f"the words of {fingerprint}")]))
    root.workspace.catalog.files.record(remove=[Path(f"/films/{GONE}.mp4")])
    return root.workspace


def kept(workspace: Workspace) -> set[str]:
    return set(workspace.artifacts.fingerprints())


def test_a_deleted_video_follows_after_its_time(workspace: Workspace) -> None:
    publish(workspace)
    assert due(workspace, NOW) == ([], 1)
    list(upkeep(workspace, NOW + 29 * DAY_S))
    assert kept(workspace) == {GONE, STAYS}
    told = [done.told for done in upkeep(workspace, NOW + 31 * DAY_S)]
    assert kept(workspace) == {STAYS}
    assert "Forgot 1 video that no file has held for 30 days." in told
    assert Snapshot.open(workspace.paths).rows("SELECT count(*) FROM videos") == [(1,)]


def test_a_file_that_comes_back_is_gone_no_more(workspace: Workspace) -> None:
    assert due(workspace, NOW) == ([], 1)
    file = FileRow(Path("/films/back.mp4"), "films", 1000, 1, GONE)
    workspace.catalog.files.record([file])
    assert due(workspace, NOW + 31 * DAY_S) == ([], 0)
    workspace.catalog.files.record(remove=[file.path])
    assert due(workspace, NOW + 40 * DAY_S) == ([], 1)
    assert due(workspace, NOW + 71 * DAY_S) == ([GONE], 0)


def test_no_days_means_that_night(workspace: Workspace) -> None:
    settings = workspace.settings.model_copy(
        update={"retention": RetentionSettings(deleted_days=0)}
    )
    list(upkeep(Workspace(settings), NOW))
    assert kept(workspace) == {STAYS}


def test_what_was_interrupted_is_finished(workspace: Workspace) -> None:
    workspace.catalog.forgetting.ask(
        GONE, f'{{"subject": "{GONE}", "fingerprint": "{GONE}", "paths": [], "lines": []}}', []
    )
    assert all(done.error is None for done in upkeep(workspace, NOW))
    assert kept(workspace) == {STAYS}


def test_clips_of_videos_that_are_gone_go(workspace: Workspace) -> None:
    workspace.paths.clips.mkdir()
    for fingerprint in (STAYS, "c" * 16):
        (workspace.paths.clips / f"{fingerprint}-0-end-remux@0.mp4").touch()
    list(upkeep(workspace, NOW))
    assert [path.name[:16] for path in workspace.paths.clips.iterdir()] == [STAYS]


def test_one_failure_stops_nothing_else(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise GazeError(ErrorCode.DISK_FULL, workspace.paths.root)

    due(workspace, NOW)
    monkeypatch.setattr(upkeep_module, "tidy", full)
    done = list(upkeep(workspace, NOW + 31 * DAY_S))
    assert [step.error.code for step in done if step.error] == [ErrorCode.DISK_FULL]
    assert kept(workspace) == {STAYS}
    assert len(done) == 6
