"""A vector table that can no longer be read: found out and made anew from the artifacts."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.snapshot import publish, tidy
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.store.vector_tables import FRAMES, delete_leavings, names
from tests.support.synthetic import Film, SyntheticRoot

A, B = "a" * 16, "b" * 16


def each(folder: str, break_: Callable[[Path], None]) -> Callable[[Path], None]:
    def broken(table: Path) -> None:
        for path in (table / folder).rglob("*"):
            if path.is_file():
                break_(path)

    return broken


DAMAGE = {
    "manifests gone": each("_versions", Path.unlink),
    "manifests empty": each("_versions", lambda path: os.truncate(path, 0)),
    "manifests nonsense": each("_versions", lambda path: path.write_bytes(b"nonsense" * 99)),
    "data gone": each("data", Path.unlink),
    "data cut": each("data", lambda path: os.truncate(path, path.stat().st_size // 2)),
    "data zeroed": each("data", lambda path: path.write_bytes(bytes(path.stat().st_size))),
    "indexes gone": lambda table: shutil.rmtree(table / "_indices"),
    "tags nonsense": each("_refs", lambda path: path.write_bytes(b"nonsense")),
    "all gone": each(".", Path.unlink),
}


def nearest(root: SyntheticRoot, topic: int) -> str:
    vectors = Snapshot.open(root.settings.paths).vectors
    assert vectors is not None
    vectors.check()
    return str(vectors.nearest(root.topics[topic], 1, labels=["dog"])["fingerprint"][0])


@pytest.mark.parametrize("damage", DAMAGE)
def test_publishing_mends_it(root: SyntheticRoot, damage: str) -> None:
    for key, topic in ((A, 1), (B, 2)):
        root.add(Film(key, (), root.near_topics([topic]), {0: ["dog"]}))
    publish(root.workspace)
    paths = root.settings.paths
    DAMAGE[damage](paths.vectors / f"{names(paths, FRAMES)[0]}.lance")
    publish(root.workspace)
    assert (nearest(root, 1), nearest(root, 2)) == (A, B)
    publish(root.workspace)
    publish(root.workspace)
    assert len(names(paths, FRAMES)) == 1, "the damaged table goes once no snapshot names it"
    assert (nearest(root, 1), nearest(root, 2)) == (A, B)


def test_what_cannot_be_read_for_now_is_not_thrown_away(
    root: SyntheticRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.add(Film(A, (), root.near_topics([1]), {0: ["dog"]}))
    publish(root.workspace)
    before = names(root.settings.paths, FRAMES)

    def refuse(*args: object) -> None:
        raise GazeError(ErrorCode.INDEX_CORRUPT, "x", "Too many open files (os error 24)")

    with monkeypatch.context() as patch:
        patch.setattr("gaze_pipeline.store.vectors.VectorReader.check", refuse)
        with pytest.raises(GazeError):
            publish(root.workspace)
    publish(root.workspace)
    assert names(root.settings.paths, FRAMES) == before


def test_leavings_of_killed_writers_go(root: SyntheticRoot) -> None:
    root.add(Film(A, (), root.near_topics([1]), {0: ["dog"]}))
    publish(root.workspace)
    paths = root.settings.paths
    table = paths.vectors / f"{names(paths, FRAMES)[0]}.lance"
    leavings = {
        table / "data" / ".tmpAbC123",
        table / "_versions" / "18446744073709551000.manifest#1",
        table / "_refs" / "tags" / "snapshot-9.json.tmp.0123abcd#1",
        table / "_refs" / "tags" / "snapshot-9.json.tmp.0123abcd",
    }
    for path in leavings:
        path.write_bytes(b"half")
    assert set(delete_leavings(paths)) == leavings
    assert nearest(root, 1) == A
    uncommitted = table / "data" / "0123456789abcdef.lance"
    uncommitted.write_bytes(b"half")
    publish(root.workspace)
    tidy(paths, time.time())
    assert not uncommitted.exists()
