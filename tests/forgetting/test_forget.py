"""Forgetting, as a user would check it: with a search through every byte that is left."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import pytest
from filelock import FileLock

from gaze_pipeline import sensors
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.forgetting import forget as forgetting
from gaze_pipeline.forgetting.forget import (
    finish,
    forget,
    forget_gone,
    forget_library,
    is_interrupted,
)
from gaze_pipeline.jobs import JOB_TAG
from gaze_pipeline.recovery import recover, tend
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.states import Stage
from gaze_pipeline.store import snapshot_files
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.store.forgotten import Forgotten
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace
from tests.forgetting.conftest import PATH, SAID, SECRET, STAYS, Shelf
from tests.support.synthetic import Film, Line


def mentions(root: Path, *needles: bytes) -> list[Path]:
    """The files under a root whose bytes or names hold any of these."""
    return [
        path
        for path in root.rglob("*")
        if path.is_file() and any(n in path.read_bytes() or n in os.fsencode(path) for n in needles)
    ]


def test_nothing_of_it_is_left_and_the_others_are_found_as_before(shelf: Shelf) -> None:
    root = shelf.workspace.paths.root
    needles = (SECRET.encode(), b"quartzite", b"quokka", b"h\\u00f6liday", "höliday".encode())
    assert mentions(root, *needles)
    before = Snapshot.open(shelf.workspace.paths)

    proof = forget(shelf.workspace, [SECRET])

    assert proof.left == []
    assert mentions(root, *needles) == []
    after = Snapshot.open(shelf.workspace.paths)
    query = "SELECT fingerprint, text FROM segments WHERE fingerprint != $f ORDER BY ALL"
    assert after.rows(query.replace("$f", f"'{SECRET}'")) == before.rows(query, {"f": SECRET})
    assert after.info.vectors == before.info.vectors - 20
    assert after.info.meanings == before.info.meanings - 2 == 2
    assert after.rows("SELECT 1 FROM segments WHERE fingerprint = $f", {"f": SECRET}) == []
    assert shelf.workspace.paths.video(STAYS).is_dir()


def test_the_proof_says_how_much_was_searched(shelf: Shelf) -> None:
    proof = forget(shelf.workspace, [SECRET])
    stores = {store.store: store for store in proof.stores}
    assert {"artifacts", "index", "vectors", "catalog"} <= set(stores)
    assert stores["artifacts"].files == 3 * 6 + 2
    assert stores["index"].bytes > 1_000_000
    assert proof.names >= 2
    assert proof.phrases >= 5  # of what is said and of what is written
    assert proof.words >= 3  # zebrafish, quartzite, montevideo; others say umbrella and write café


def test_no_older_snapshot_or_version_stays(shelf: Shelf) -> None:
    for number in range(3):
        shelf.add(f"{number:016x}", f"more of it, number {number}")
        publish(shelf.workspace)
    forget(shelf.workspace, [SECRET])
    paths = shelf.workspace.paths
    info = snapshot_files.current(paths)
    assert info is not None
    assert [p.name for p in paths.index.glob("*.duckdb")] == [f"search-{info.number:08d}.duckdb"]
    tables = {info.vector_table, info.meaning_table}
    assert {path.stem for path in paths.vectors.glob("*.lance")} == tables


def test_the_last_video_takes_the_vectors_with_it(shelf: Shelf) -> None:
    every = sorted(shelf.workspace.catalog.videos.fingerprints())
    assert forget(shelf.workspace, every).left == []
    info = Snapshot.open(shelf.workspace.paths).info
    assert (info.vectors, info.meanings) == (0, 0)
    assert mentions(shelf.workspace.paths.root, *map(str.encode, every)) == []


def test_a_video_that_was_dropped_from_the_index_long_ago_goes_too(shelf: Shelf) -> None:
    shelf.workspace.catalog.files.record(remove=[PATH])
    publish(shelf.workspace)  # deletes its rows; LanceDB keeps them in its files
    assert mentions(shelf.workspace.paths.vectors, SECRET.encode())
    assert forget_gone(shelf.workspace, [SECRET]).left == []
    assert mentions(shelf.workspace.paths.root, SECRET.encode(), b"quartzite") == []


def test_forgetting_may_begin_again_wherever_it_was_killed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shelf.workspace.paths.root
    for step in ("halt", "erase", "erase_catalog", "verify"):
        shelf.add(SECRET, SAID, PATH)
        publish(shelf.workspace)

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(forgetting, step, killed)
            with pytest.raises(KeyboardInterrupt):
                forget(shelf.workspace, [SECRET])
        assert shelf.workspace.catalog.videos.get(SECRET) is None
        finish(shelf.workspace)
        assert mentions(root, SECRET.encode(), b"quartzite") == []
        assert shelf.workspace.catalog.forgetting.asked() == {}


def test_a_recovery_finishes_what_was_killed_and_says_so(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = shelf.workspace
    assert not is_interrupted(workspace)
    killed_while_forgetting(shelf, monkeypatch)
    with FileLock(workspace.paths.run / "forget.lock"):
        assert not is_interrupted(workspace), "another process is at it"
        assert recover(workspace).forgetting == ""
    assert is_interrupted(workspace)
    assert tend(workspace).forgetting == "", "the services do it in a run of its own"
    repairs = recover(workspace)
    assert repairs.lines() == ["Forgetting had been interrupted: it is finished now."]
    assert mentions(workspace.paths.root, SECRET.encode(), b"quartzite") == []
    assert not is_interrupted(workspace)
    assert not recover(workspace)


def test_a_recovery_says_what_it_could_not_forget(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_while_forgetting(shelf, monkeypatch)
    monkeypatch.setattr(forgetting, "PAUSE_S", 0.0)
    (shelf.workspace.paths.root / "notes.txt").write_text(f"see {SECRET}")
    assert "not finished yet (FORGETTING_UNFINISHED)" in recover(shelf.workspace).lines()[-1]
    assert is_interrupted(shelf.workspace)


def test_the_services_carry_on_in_a_run_of_the_upkeep(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        resources = {"workspace": WorkspaceResource()}
        context = dg.build_sensor_context(instance, resources=resources)
        assert isinstance(sensors.interrupted_forgetting(context), dg.SkipReason)
        killed_while_forgetting(shelf, monkeypatch)
        assert isinstance(sensors.interrupted_forgetting(context), dg.RunRequest)
        instance.add_run(dg.DagsterRun(job_name="upkeep", tags={JOB_TAG: "upkeep"}))
        assert isinstance(sensors.interrupted_forgetting(context), dg.SkipReason)


def test_a_lost_catalog_does_not_lose_what_was_being_forgotten(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_while_forgetting(shelf, monkeypatch)
    paths = shelf.workspace.paths
    for path in paths.root.glob("catalog.sqlite*"):
        path.unlink()
    workspace = Workspace(shelf.workspace.settings)
    assert recover(workspace).forgetting == "it is finished now"
    assert mentions(paths.root, SECRET.encode(), b"quartzite") == []
    assert paths.video(STAYS).is_dir()


def killed_while_forgetting(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "erase", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(shelf.workspace, [SECRET])


def test_what_is_left_is_named_and_tried_again(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PAUSE_S", 0.0)
    stray = shelf.workspace.paths.root / "notes.txt"
    stray.write_text(f"see {SECRET}")
    proof = forget(shelf.workspace, [SECRET])
    assert proof.left == [f"notes.txt: {SECRET!r}"]
    assert SECRET in shelf.workspace.catalog.forgetting.asked()
    stray.unlink()
    again = finish(shelf.workspace)
    assert again is not None
    assert again.left == []
    assert finish(shelf.workspace) is None


def test_an_unknown_video_is_refused(shelf: Shelf) -> None:
    with pytest.raises(GazeError) as raised:
        forget(shelf.workspace, ["f" * 16])
    assert raised.value.code is ErrorCode.VIDEO_UNKNOWN
    assert Forgotten(shelf.workspace.paths).count() == 0


def test_logs_lose_the_lines_that_name_it_while_others_write_to_them(shelf: Shelf) -> None:
    log = shelf.workspace.paths.logs / "search.log"
    log.parent.mkdir()
    path = str(PATH)
    told = [SECRET, path, json.dumps(path), quote(path), "nothing of it"]
    log.write_text("".join(f"12:00 {text}\n" for text in told))
    with log.open("a") as writer:
        writer.write("before\n")
        writer.flush()
        forget(shelf.workspace, [SECRET])
        writer.write("after\n")
    lines = log.read_text().splitlines()
    assert [line for line in lines if line.strip("-")] == ["12:00 nothing of it", "before", "after"]


def test_clips_go_and_those_of_others_stay(shelf: Shelf) -> None:
    clips = shelf.workspace.paths.clips
    clips.mkdir()
    drafted = [f".making-{video}-0123.77.tmp.mp4" for video in (SECRET, STAYS)]
    for name in (f"{SECRET}-0-end-remux@0.mp4", f"{STAYS}-0-end-remux@0.mp4", *drafted):
        (clips / name).write_bytes(b"clip")
    forget(shelf.workspace, [SECRET])
    left = {path.name for path in clips.iterdir()}
    assert left == {f"{STAYS}-0-end-remux@0.mp4", drafted[1]}


def test_work_on_it_is_cancelled_and_waited_for(shelf: Shelf) -> None:
    """Another thread stands for the process that is at it: it stops when its progress is refused."""
    catalog, stopped = shelf.workspace.catalog, threading.Event()
    catalog.stages.reset(SECRET, Stage.TRANSCRIPT)
    catalog.stages.start(SECRET, Stage.TRANSCRIPT)

    def work() -> None:
        while catalog.stages.progress(SECRET, Stage.TRANSCRIPT, 0.5):
            stopped.wait(0.05)
        catalog.stages.release(SECRET, Stage.TRANSCRIPT)
        stopped.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert forget(shelf.workspace, [SECRET]).left == []
    assert stopped.is_set()
    worker.join()


def with_libraries(shelf: Shelf, folders: dict[str, Path]) -> Workspace:
    for folder in folders.values():
        folder.mkdir()
    settings = shelf.workspace.paths.settings
    settings.write_text(
        "".join(f'[[libraries]]\nname = "{n}"\npath = "{f}"\n' for n, f in folders.items())
    )
    return Workspace.open()


def test_a_library_of_copies_goes_and_their_videos_stay(shelf: Shelf, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("private", "other")}
    workspace = with_libraries(shelf, folders)
    shelf.root.add(Film("c" * 16, [], library="other", path=folders["other"] / "one.mp4"))
    copy = FileRow(folders["private"] / "one.mp4", "private", 1000, 1, "c" * 16)
    workspace.catalog.files.record([copy])
    publish(workspace)
    proof, count = forget_library(workspace, "private")
    assert (proof.left, count) == ([], 0)
    assert mentions(workspace.paths.root, bytes(folders["private"])) == []
    assert workspace.catalog.videos.get("c" * 16) is not None


def test_a_library_goes_with_what_only_it_held(shelf: Shelf, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("private", "other")}
    workspace = with_libraries(shelf, folders)
    fingerprints = {"private": "3f9c07d1b2a86e54", "other": "c81d5b7e20f4a963"}
    for library, fingerprint in fingerprints.items():
        path = folders[library] / "said.mp4"
        line = Line(0, 1000, f"spoken words in {library}")
        film = Film(fingerprint, [line], library=library, path=path)
        shelf.root.add(film)
    publish(workspace)

    proof, count = forget_library(workspace, "private")

    assert (proof.left, count) == ([], 1)
    assert mentions(workspace.paths.root, bytes(folders["private"]), b"private") == []
    assert [library.name for library in Workspace.open().settings.libraries] == ["other"]
    assert workspace.catalog.videos.get(fingerprints["other"]) is not None
    assert not Forgotten(workspace.paths).holds(fingerprints["private"])
