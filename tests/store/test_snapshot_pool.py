"""A pool of snapshots: always the newest, and nobody waits for it but where the one before may not answer."""

from __future__ import annotations

import threading

import psutil
import pytest

from gaze_pipeline.errors import GazeError
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store import snapshot_pool
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_pool import SnapshotPool
from gaze_pipeline.store.snapshot_reader import Snapshot
from tests.support.running import until
from tests.support.synthetic import Film, Line, SyntheticRoot, said

A, B, C = "a" * 16, "b" * 16, "c" * 16
FOX = Line(0, 2000, "the quick brown fox")


def videos(snapshot: Snapshot) -> set[str]:
    return {fingerprint for (fingerprint,) in snapshot.rows("SELECT fingerprint FROM videos")}


class Slow:
    """A pool that takes every library for a large one, and is told when a new snapshot may be ready."""

    def __init__(self, root: SyntheticRoot, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(snapshot_pool, "FOLLOW_S", 0.05)
        monkeypatch.setattr(snapshot_pool, "AT_ONCE", 0)
        self.begun, self.ready = threading.Event(), threading.Event()
        self.pool = SnapshotPool(root.settings.paths, self._make_ready)

    def _make_ready(self, snapshot: Snapshot) -> None:
        self.begun.set()
        assert self.ready.wait(60)

    def videos(self) -> set[str]:
        return videos(self.pool.latest())


def is_open(root: SyntheticRoot, number: int) -> bool:
    held = [file.path for file in psutil.Process().open_files()]
    return any(str(files.file_of(root.settings.paths, number)) in path for path in held)


def test_a_pool_moves_on_without_a_restart(root: SyntheticRoot) -> None:
    pool = SnapshotPool(root.settings.paths)
    with pytest.raises(GazeError):
        pool.latest()
    root.add(Film(A, [FOX]))
    publish(root.workspace)
    first = pool.latest()
    assert pool.latest() is first
    root.add(Film(B, [FOX]))
    publish(root.workspace)
    assert videos(pool.latest()) == {A, B}
    assert len(said(pool.latest(), "fox")) == 2


def test_a_superseded_snapshot_is_let_go_without_being_asked(
    root: SyntheticRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_pool, "FOLLOW_S", 0.05)
    root.add(Film(A, [FOX], root.near_topics([1])))
    publish(root.workspace)
    pool = SnapshotPool(root.settings.paths)
    number = pool.latest().info.number
    assert len(pool.latest().spoken) == 1
    assert is_open(root, number)
    publish(root.workspace, anew=True)
    until(lambda: not is_open(root, number), seconds=20)
    assert pool.latest().info.number == 2


def test_nobody_waits_for_a_large_publication_to_be_opened(
    root: SyntheticRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(root, monkeypatch)
    root.add(Film(A, [FOX]))
    publish(root.workspace)
    assert slow.videos() == {A}
    root.add(Film(B, [FOX]))
    publish(root.workspace)
    assert slow.begun.wait(20)
    assert slow.videos() == {A}
    slow.ready.set()
    until(lambda: slow.videos() == {A, B}, seconds=20)


def test_what_was_forgotten_is_not_told_while_the_rest_is_opened(
    root: SyntheticRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(root, monkeypatch)
    for name in (A, B):
        root.add(Film(name, [FOX]))
    publish(root.workspace)
    assert slow.videos() == {A, B}
    root.add(Film(C, [FOX]))
    publish(root.workspace)
    assert slow.begun.wait(20)
    root.workspace.catalog.videos.remove(B)
    publish(root.workspace, anew=True)
    assert slow.videos() == {A, C}
    slow.ready.set()
    until(lambda: not is_open(root, 2), seconds=20)
    assert slow.videos() == {A, C}


def test_readers_never_fail_while_snapshots_come_and_go(root: SyntheticRoot) -> None:
    root.add(Film(A, [FOX], root.near_topics([1])))
    publish(root.workspace)
    pool, done, failures, answers = SnapshotPool(root.settings.paths), threading.Event(), [], []

    def ask() -> None:
        while not done.is_set():
            try:
                snapshot = pool.latest()
                assert snapshot.vectors is not None
                seen = len(snapshot.vectors.nearest(root.topics[1], 100)["cosine"])
                answers.append((len(said(snapshot, "fox")), seen))
            except Exception as error:  # noqa: BLE001
                failures.append(error)

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    for name in "bcdef":
        root.add(Film(name * 16, [FOX], root.near_topics([1])))
        publish(root.workspace)
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert all(heard == seen for heard, seen in answers), "speech and frames of one moment in time"
