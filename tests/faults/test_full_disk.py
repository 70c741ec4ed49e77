"""A disk that is full, at any write: a clear failure, nothing half there, and on it goes with room."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.recovery import recover
from gaze_pipeline.recovery.index import flaw
from gaze_pipeline.settings import Library, ModelSettings, ScanSettings, Settings, StorageSettings
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store import snapshot as publishing
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace
from tests.support.contents import contents, differences, half_artifacts, leavings
from tests.support.killing import Run
from tests.support.roots import root_variables, tiny_library, tiny_video
from tests.support.synthetic import Film, Line, SyntheticRoot

A, B = "a" * 16, "b" * 16
MIB = 1024 * 1024


@dataclass
class SmallDisk:
    """A file system of a few MiB in memory, and a file that takes up what others should not have."""

    folder: Path

    def leave(self, free: int) -> None:
        """Fill it up to so many free bytes."""
        self.make_room()
        take = shutil.disk_usage(self.folder).free - free
        with (self.folder / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(take, 1))

    def make_room(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(command, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def root(disk: SmallDisk) -> SyntheticRoot:
    """Two films published; two more, which take a few hundred KiB, are not yet."""
    root = SyntheticRoot(disk.folder / "data")
    root.settings = Settings(root=root.root, storage=StorageSettings(reserve_mb=0))
    for key in (A, B):
        root.add(Film(key, [Line(0, 2000, "fox")], root.near_topics([1]), {0: ["dog"]}))
    publish(root.workspace)
    root.fill(2, lines=400, frames=400)
    return root


def is_full(work: Callable[[], object]) -> bool:
    """Whether the work fails for want of room; any other failure is none of those expected."""
    try:
        work()
    except GazeError as error:
        if error.code is ErrorCode.DISK_FULL:
            return True
        raise
    return False


def test_a_table(root: SyntheticRoot, disk: SmallDisk) -> None:
    table = root.workspace.artifacts.read(A, Stage.TRANSCRIPT)
    path = root.settings.paths.artifact(A, Stage.TRANSCRIPT)
    before = path.read_bytes()
    disk.leave(0)
    assert is_full(
        lambda: root.workspace.artifacts.write(A, Stage.TRANSCRIPT, table, Recipe("new"))
    )
    assert path.read_bytes() == before
    assert leavings(root.root) == []


def test_the_catalog(root: SyntheticRoot, disk: SmallDisk) -> None:
    catalog = root.workspace.catalog

    def write_on() -> None:
        for number in range(10_000):
            catalog.videos.add(f"{number:016x}", 1000)

    disk.leave(0)
    assert is_full(write_on)
    assert len(catalog.videos.all()) == 4, "it can still be read"
    disk.make_room()
    catalog.stages.reset(A, Stage.AUDIO)
    assert not recover(root.workspace).catalog


@pytest.mark.parametrize(
    "step",
    [
        "sync_vectors",
        "VectorStore._append",
        "VectorStore._maintain",
        "VectorStore.pin",
        "fill",
        "files.point_to",
    ],
)
@pytest.mark.parametrize("free", [0, 64 * 1024])
def test_a_publication(
    root: SyntheticRoot, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, step: str, free: int
) -> None:
    """The disk fills up just before this step begins."""
    *owners, name = step.split(".")
    owner = getattr(publishing, owners[0]) if owners else publishing
    original = getattr(owner, name)

    def fill_first(*args: Any, **kwargs: Any) -> Any:
        disk.leave(free)
        return original(*args, **kwargs)

    before = Snapshot.open(root.settings.paths).info
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fill_first)
        if is_full(lambda: publish(root.workspace)):
            assert Snapshot.open(root.settings.paths).info == before
        else:
            assert free, "that much may be enough"
    assert flaw(root.settings.paths) == ""
    assert leavings(root.root) == []
    disk.make_room()
    info = publish(root.workspace)
    assert (info.videos, info.segments, info.vectors) == (4, 802, 802)
    assert flaw(root.settings.paths) == ""


def test_the_reserve_is_never_used(disk: SmallDisk, tmp_path: Path) -> None:
    films = tiny_library(tmp_path / "films", 2)
    workspace = opened(disk, films, reserve_mb=30)
    disk.leave(20 * MIB)
    scan_libraries(workspace)
    is_full(lambda: index(workspace, Watcher()))
    with pytest.raises(GazeError, match="30 MiB") as raised:
        publish(workspace)
    assert raised.value.code is ErrorCode.DISK_FULL
    for video in workspace.catalog.videos.all():
        assert not any(row.status.settled for row in video.stages.values())
    disk.make_room()
    indexed(workspace)


@pytest.mark.slow
def test_indexing_with_any_room(disk: SmallDisk, tmp_path: Path) -> None:
    """Each time a little more room, until it is enough: every write is the one that fails once."""
    films = tiny_library(tmp_path / "films", 2)
    tiny_video(films / "long.mp4", seed=7, seconds=20)
    undisturbed, root = tmp_path / "undisturbed", disk.folder / "data"
    run_index(undisturbed, root_variables(undisturbed, films)).finish()
    variables = root_variables(root, films)
    codes: list[set[str]] = []
    for kib in (0, 64, 150, 250, 400, 600, 800, 1000, 1500, 2000, 3000):
        disk.leave(kib * 1024)
        run = run_index(root, variables)
        ended = run.status(60)
        codes.append(set(re.findall(r"^([A-Z]+_[A-Z]+)\b", run.output.read_text(), re.MULTILINE)))
        assert codes[-1] - {"MODEL_MISSING"} == ({"DISK_FULL"} if ended else set()), kib
        assert half_artifacts(root) == []
        assert flaw(DataPaths(root)) == ""
    assert sum("DISK_FULL" in found for found in codes) > 3
    disk.make_room()
    run_index(root, variables).finish()
    assert differences(contents(root), contents(undisturbed)) == {}
    assert leavings(root) == []


def run_index(root: Path, variables: Mapping[str, str]) -> Run:
    """`gaze index`, with no reserve."""
    output = root.parents[1] / "output.txt"
    return Run(root, {**variables, "GAZE_STORAGE__RESERVE_MB": "0"}, "index", output=output)


def opened(disk: SmallDisk, films: Path, reserve_mb: int = 0) -> Workspace:
    return Workspace.open(
        Settings(
            root=disk.folder / "data",
            libraries=[Library(name="films", path=films)],
            models=ModelSettings(directory=disk.folder / "no-models"),
            scan=ScanSettings(settle_s=0),
            storage=StorageSettings(reserve_mb=reserve_mb),
        )
    )


def indexed(workspace: Workspace) -> None:
    """Index, with room: all that needs no model is done."""
    scan_libraries(workspace)
    index(workspace, Watcher())
    assert flaw(workspace.paths) == ""
    for video in workspace.catalog.videos.all():
        assert video.state is State.WAITING
        assert {video.stages[stage].status for stage in (Stage.AUDIO, Stage.FRAMES)} == {
            Status.DONE
        }
