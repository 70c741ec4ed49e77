"""Recovery: what killed processes left is put right, once, and told."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from gaze_pipeline import recovery
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.recovery import Repairs, recover, tend
from gaze_pipeline.recovery.catalog import ASIDE
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store.paths import replacing
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.store.vector_tables import FRAMES, names
from gaze_pipeline.workspace import Workspace
from tests.support.roots import tiny_library
from tests.support.synthetic import Film, Line, SyntheticRoot

A, B = "a" * 16, "b" * 16
FOX = Line(0, 2000, "the quick brown fox")
NOBODY = 2**22 + 1
"""An id above any that Linux gives to a process."""


@pytest.fixture
def root(tmp_path: Path) -> SyntheticRoot:
    root = SyntheticRoot(tmp_path / "data")
    for key, topic in ((A, 1), (B, 2)):
        root.add(Film(key, [FOX], root.near_topics([topic, topic]), {0: ["dog"]}))
        root.settings.paths.thumbnails(key).mkdir(exist_ok=True)
    publish(root.workspace)
    return root


def sound(root: SyntheticRoot) -> bool:
    snapshot = Snapshot.open(root.settings.paths)
    assert snapshot.vectors is not None
    counts = [snapshot.rows(f"SELECT count(*) FROM {t}") for t in ("videos", "segments")]
    return counts == [[(2,)], [(2,)]] and snapshot.vectors.check() == 4


def test_where_nothing_is_wrong_nothing_is_said(root: SyntheticRoot) -> None:
    before = files.current(root.settings.paths)
    repairs = recover(root.workspace)
    assert not repairs
    assert repairs.lines() == []
    assert files.current(root.settings.paths) == before
    assert recovery.last(root.settings.paths) == []


def test_an_empty_data_root_needs_no_repair(tmp_path: Path) -> None:
    assert not recover(SyntheticRoot(tmp_path / "fresh").workspace)


def test_unfinished_files_of_the_dead_go_and_those_of_the_living_stay(root: SyntheticRoot) -> None:
    paths = root.settings.paths
    dead = [
        paths.video(A) / f".audio.parquet.{NOBODY}.tmp",
        paths.root / f".gaze.toml.{NOBODY}.tmp",
        paths.run / f".services.json.{NOBODY}.tmp",
        paths.dagster_home / f".dagster.yaml.{NOBODY}.tmp",
        paths.clips / f".making-0123abcd.{NOBODY}.tmp.mp4",
        paths.index / f".search-00000099.duckdb.{NOBODY}.tmp",
        paths.index / f".search-00000099.duckdb.{NOBODY}.tmp.wal",
        paths.vectors / f"{names(paths, FRAMES)[0]}.lance" / "data" / ".tmpAbCdEf",
    ]
    for path in dead:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    spill = paths.index / f".search-00000099.duckdb.{NOBODY}.tmp.tmp"
    drafts = paths.video(B) / f".thumbnails.{NOBODY}.tmp"
    for folder in (spill, drafts):
        folder.mkdir()
        (folder / "0.jpg").write_bytes(b"half")
    part = root.settings.models_dir / "whisper-base" / "model.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half")
    with replacing(paths.video(A) / "frames.parquet") as living:
        living.write_bytes(b"half")
        repairs = recover(root.workspace)
        assert living.exists()
        living.write_bytes((paths.video(B) / "frames.parquet").read_bytes())
    assert repairs == Repairs(leavings=10)
    assert not any(path.exists() for path in (*dead, spill, drafts))
    assert part.exists(), "a download goes on where it was"
    assert not recover(root.workspace)


def test_a_process_that_was_given_the_id_later_keeps_nothing(root: SyntheticRoot) -> None:
    path = root.settings.paths.video(A) / f".audio.parquet.{os.getpid()}.tmp"
    path.write_bytes(b"half")
    before = psutil.Process().create_time() - 60
    os.utime(path, (before, before))
    assert recover(root.workspace).leavings == 1


def test_thumbnails_that_were_moved_aside_come_back(root: SyntheticRoot) -> None:
    paths = root.settings.paths
    aside = paths.video(A) / f".thumbnails.{NOBODY}.old.tmp"
    paths.thumbnails(A).rename(aside)
    (aside / "000000.jpg").write_bytes(b"picture")
    assert recover(root.workspace) == Repairs(restored=1)
    assert paths.thumbnail(A, 0).read_bytes() == b"picture"
    aside.mkdir()
    assert recover(root.workspace) == Repairs(leavings=1), "new ones are there: the old ones go"
    assert paths.thumbnail(A, 0).read_bytes() == b"picture"


def test_stages_of_dead_processes_go_on(root: SyntheticRoot) -> None:
    code = f"""
import sys
from pathlib import Path
from gaze_pipeline.states import Stage
from tests.support.synthetic import SyntheticRoot
SyntheticRoot(Path({str(root.root)!r})).workspace.catalog.stages.start({A!r}, Stage.AUDIO)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    assert recover(root.workspace).released == 1
    video = root.workspace.catalog.videos.get(A)
    assert video is not None
    assert video.stages[Stage.AUDIO].status is not Status.RUNNING


@pytest.mark.parametrize("damage", ["pointer", "file", "gone", "another", "vectors", "fewer"])
def test_a_snapshot_that_cannot_be_used_is_published_anew(root: SyntheticRoot, damage: str) -> None:
    paths = root.settings.paths
    info = files.current(paths)
    assert info is not None
    file = files.file_of(paths, info.number)
    table = paths.vectors / f"{names(paths, FRAMES)[0]}.lance"
    if damage == "pointer":
        (paths.index / "CURRENT").write_text("nonsense")
    elif damage == "file":
        os.truncate(file, file.stat().st_size // 2)
    elif damage == "gone":
        file.unlink()
    elif damage == "another":
        file.rename(files.file_of(paths, 7))
        files.point_to(paths, info.model_copy(update={"number": 7}))
    elif damage == "vectors":
        next((table / "data").glob("*.lance")).unlink()
    else:
        files.point_to(paths, info.model_copy(update={"segments": 3}))
    repairs = recover(root.workspace)
    assert repairs.index
    assert not repairs.pending
    assert sound(root)
    assert "published anew" in repairs.lines()[-1]
    assert not recover(root.workspace)


def test_the_services_publish_anew_by_themselves(root: SyntheticRoot) -> None:
    paths = root.settings.paths
    (paths.index / "CURRENT").write_text("nonsense")
    assert tend(root.workspace).pending
    assert files.current_revision(paths) != root.workspace.catalog.revision()
    publish(root.workspace)
    assert sound(root)


def test_without_room_the_publication_waits(
    root: SyntheticRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise GazeError(ErrorCode.DISK_FULL)

    (root.settings.paths.index / "CURRENT").write_text("nonsense")
    monkeypatch.setattr("gaze_pipeline.recovery.steps.publish", full)
    repairs = recover(root.workspace)
    assert repairs.pending == "DISK_FULL"
    assert "will be" in repairs.lines()[-1]


def test_what_was_repaired_is_kept(root: SyntheticRoot) -> None:
    paths = root.settings.paths
    for _ in range(25):
        (paths.index / "CURRENT").write_text("nonsense")
        recover(root.workspace)
    entries = recovery.last(paths)
    assert len(entries) == 20
    assert entries[-1].lines == [
        "The index could not be used (INDEX_CORRUPT CURRENT): published anew."
    ]


def test_several_at_once_repair_once(root: SyntheticRoot) -> None:
    (root.settings.paths.index / "CURRENT").write_text("nonsense")
    found: list[Repairs] = []
    threads = [
        threading.Thread(target=lambda: found.append(recover(Workspace(root.settings))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, found)) == [False, False, False, True]


@pytest.mark.parametrize("damage", ["nonsense", "pages", "cut"])
def test_a_damaged_catalog_is_made_anew_without_indexing_again(
    open_workspace: Callable[..., Workspace], tmp_path: Path, damage: str
) -> None:
    workspace = open_workspace(tiny_library(tmp_path / "films", 3))
    scan_libraries(workspace)
    first = index(workspace, Watcher())
    assert [outcome.skipped for outcome in first.outcomes] == [False] * 6
    before = {video.fingerprint: video.state for video in workspace.catalog.videos.all()}
    published = files.current_revision(workspace.paths) or 0
    path = workspace.paths.catalog
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(
        {
            "nonsense": b"nonsense" * 1000,
            "pages": content[:4096] + bytes(len(content) - 4096),
            "cut": content[:half],
        }[damage]
    )
    after = Workspace.open(workspace.settings)
    repairs = recover(after)
    assert repairs.catalog
    assert [path.name for path in workspace.paths.root.glob(ASIDE)].count(repairs.catalog) == 1
    assert {video.fingerprint for video in after.catalog.videos.all()} == set(before)
    assert after.catalog.revision() > published
    again = index(after, Watcher())
    assert all(outcome.skipped for outcome in again.outcomes)
    assert {video.fingerprint: video.state for video in after.catalog.videos.all()} == before
    # a process that had the old one open goes on with the new one
    assert {v.fingerprint: v.state for v in workspace.catalog.videos.all()} == before
    assert not recover(after)


def test_a_catalog_that_was_deleted_never_calls_an_old_snapshot_current(
    root: SyntheticRoot,
) -> None:
    paths = root.settings.paths
    for path in paths.root.glob("catalog.sqlite*"):
        path.unlink()
    workspace = Workspace(root.settings)
    recover(workspace)
    assert workspace.catalog.revision() > (files.current_revision(paths) or 0)


def test_folders_that_the_catalog_does_not_know_are_kept_for_a_while(root: SyntheticRoot) -> None:
    catalog = root.workspace.catalog
    catalog.videos.remove(A)
    assert recover(root.workspace) == Repairs(orphans=1)
    assert catalog.videos.get(A) is None, "no file holds it"
    assert list(catalog.videos.gone(now=1.0)) == [A], "from now on it counts as deleted"
    assert root.settings.paths.artifact(A, Stage.FRAMES).exists()
    assert not recover(root.workspace)


def test_a_folder_without_facts_waits_for_its_file_or_its_end(root: SyntheticRoot) -> None:
    paths = root.settings.paths
    root.workspace.catalog.videos.remove(A)
    paths.facts(A).unlink()
    assert not recover(root.workspace)
    assert A not in root.workspace.catalog.videos.fingerprints(), "a scan would take it for known"
    assert paths.artifact(A, Stage.FRAMES).exists()
    long_ago = time.time() - 31 * 24 * 3600
    os.utime(paths.video(A), (long_ago, long_ago))
    recover(root.workspace)
    assert not paths.video(A).exists()


def test_artifacts_overrule_the_catalog(root: SyntheticRoot) -> None:
    root.settings.paths.artifact(A, Stage.AUDIO).unlink()
    assert recover(root.workspace) == Repairs(lost=1)
    video = root.workspace.catalog.videos.get(A)
    assert video is not None
    assert video.stage(Stage.AUDIO).status is Status.PENDING


@pytest.mark.parametrize("loss", ["gone", "empty"])
def test_lost_facts_are_made_again(
    open_workspace: Callable[..., Workspace], tmp_path: Path, loss: str
) -> None:
    workspace = open_workspace(tiny_library(tmp_path / "films", 2))
    scan_libraries(workspace)
    first = workspace.catalog.videos.all()[0].fingerprint
    before = workspace.artifacts.read_facts(first)
    publish(workspace)
    workspace.paths.facts(first).unlink()
    if loss == "empty":
        workspace.paths.facts(first).touch()
    assert recover(workspace).lines() == ["1 result gone or unreadable: made again."]
    assert workspace.artifacts.read_facts(first) == before
    assert workspace.catalog.revision() > (files.current_revision(workspace.paths) or 0)
    assert not tend(workspace)


def test_lost_facts_wait_for_their_file(
    open_workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    films = tiny_library(tmp_path / "films", 1)
    workspace = open_workspace(films)
    scan_libraries(workspace)
    (video,) = workspace.catalog.videos.all()
    workspace.paths.facts(video.fingerprint).unlink()
    video.path.rename(tmp_path / "away.mp4")
    assert not recover(workspace)
    (tmp_path / "away.mp4").rename(video.path)
    assert tend(workspace) == Repairs(lost=1)


def test_a_catalog_in_use_is_not_damaged(root: SyntheticRoot) -> None:
    with sqlite3.connect(root.settings.paths.catalog, isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        assert not recovery.steps.catalog.damaged(root.settings.paths.catalog)
        db.execute("ROLLBACK")


def test_what_was_repaired_is_shown_by_doctor_and_page(root: SyntheticRoot) -> None:
    from gaze_pipeline import findings
    from gaze_search_app.app_pages import health

    assert health._repairs(root.settings) == ""
    (root.settings.paths.index / "CURRENT").write_text("nonsense")
    recover(root.workspace)
    found = list(findings._repairs(root.settings))
    assert ["published anew" in finding.seen for finding in found] == [True]
    assert "published anew" in health._repairs(root.settings)
