"""Power-loss order: what a rename makes count is on the disk before it, the rename right after it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.media.frames import write_frames
from gaze_pipeline.media.schedule import Every
from gaze_pipeline.settings import Library, add_library
from gaze_pipeline.stages import frames
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import run_stage
from gaze_pipeline.states import Stage
from gaze_pipeline.store.paths import make_folder
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace
from tests.support.roots import tiny_library, tiny_video
from tests.support.synthetic import Film, SyntheticRoot

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads Linux's /proc")
A = "a" * 16


class Disk:
    """What was synced and renamed, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Path]] = []
        self.there: dict[Path, set[Path]] = {}
        """The vectors' files there were when a path appeared."""

    def synced(self, path: Path, after: int = 0, before: int | None = None) -> bool:
        """Whether a file or folder was synced within these events."""
        return ("sync", path) in self.events[after:before]

    def appeared(self, path: Path) -> int:
        """Which event made the path appear, by a rename."""
        return max(i for i, event in enumerate(self.events) if event == ("appear", path))

    def assert_durable(self, path: Path, temporary: Path | None = None) -> None:
        """The content was synced, then the path appeared, then its folder was synced."""
        moment = self.appeared(path)
        source = temporary or self.events[moment - 1][1]
        assert self.synced(source, before=moment), f"{path} was renamed before it was synced"
        assert self.synced(path.parent, after=moment), f"the folder of {path} was not synced"


@contextmanager
def watched(patch: pytest.MonkeyPatch, vectors: Path = Path("none")) -> Iterator[Disk]:
    disk = Disk()
    fsync, replace = os.fsync, os.replace

    def record_fsync(handle: int) -> None:
        disk.events.append(("sync", Path(f"/proc/self/fd/{handle}").readlink()))
        fsync(handle)

    def record_replace(source: Path, target: Path) -> None:
        disk.events.append(("vanish", Path(source)))
        disk.events.append(("appear", Path(target)))
        disk.there[Path(target)] = {path for path in vectors.rglob("*") if path.is_file()}
        replace(source, target)

    with patch.context() as context:
        context.setattr(os, "fsync", record_fsync)
        context.setattr(os, "replace", record_replace)
        yield disk


def test_a_new_folder_is_known_to_each_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watched(monkeypatch) as disk:
        make_folder(tmp_path / "a" / "b" / "c")
        make_folder(tmp_path / "a" / "b")
    above = [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
    assert disk.events == [("sync", folder) for folder in above]


def test_what_a_stage_makes(
    open_workspace: Callable[..., Workspace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_workspace(tiny_library(tmp_path / "films", 1))
    paths = workspace.paths
    key = fingerprint(tmp_path / "films" / "0.mp4")
    with watched(monkeypatch) as disk:
        scan_libraries(workspace)
        for stage in (Stage.AUDIO, Stage.FRAMES):
            assert all(done.code is None for done in run_stage(stage, [key], workspace))
    tables = [paths.facts(key), paths.artifact(key, Stage.AUDIO), paths.artifact(key, Stage.FRAMES)]
    for path in (*tables, paths.audio(key), paths.thumbnails(key)):
        disk.assert_durable(path)
    assert disk.appeared(paths.audio(key)) < disk.appeared(tables[1]), "the table says it is there"
    assert disk.appeared(paths.thumbnails(key)) < disk.appeared(tables[2])
    for folder in (paths.video(key), paths.video(key).parent, paths.artifacts):
        assert disk.synced(folder.parent)


def test_each_thumbnail_before_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "thumbnails"
    folder.mkdir()
    video = tiny_video(tmp_path / "film.mp4", seconds=5)
    with watched(monkeypatch) as disk:
        write_frames(video, folder, Every(1000), 320, 85, lambda fraction: None)
        frames._replace_folder(folder, tmp_path / "final")
    pictures = sorted((tmp_path / "final").iterdir())
    assert len(pictures) == 5
    moment = disk.appeared(tmp_path / "final")
    assert all(disk.synced(folder / picture.name, before=moment) for picture in pictures)


def test_no_table_names_thumbnails_that_were_replaced(
    open_workspace: Callable[..., Workspace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_workspace(tiny_library(tmp_path / "films", 1))
    key = fingerprint(tmp_path / "films" / "0.mp4")
    scan_libraries(workspace)
    assert all(done.code is None for done in run_stage(Stage.FRAMES, [key], workspace))
    table = workspace.paths.artifact(key, Stage.FRAMES)
    assert table.exists()

    def crash(folder: Path, final: Path) -> None:
        assert not table.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(frames, "_replace_folder", crash)
    with pytest.raises(KeyboardInterrupt):
        frames.make(key, workspace, lambda fraction: None)
    assert workspace.artifacts.info(key, Stage.FRAMES) is None


def test_a_snapshot_with_its_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = SyntheticRoot(tmp_path / "data")
    root.add(Film(A, (), root.near_topics([1]), {0: ["dog"]}))
    paths = root.settings.paths
    before: set[Path] = set()
    for number in (1, 2):
        with watched(monkeypatch, paths.vectors) as disk:
            publish(root.workspace)
        pointer = disk.appeared(paths.index / "CURRENT")
        file = paths.index / f"search-{number:08d}.duckdb"
        disk.assert_durable(file)
        disk.assert_durable(paths.index / "CURRENT")
        assert disk.appeared(file) < pointer
        new = disk.there[paths.index / "CURRENT"] - before
        assert new
        for path in new:
            assert disk.synced(path, before=pointer), f"{path} counts before it is on the disk"
            assert disk.synced(path.parent, before=pointer)
        before = {path for path in paths.vectors.rglob("*") if path.is_file()}
        assert all(disk.synced(path) for path in before), "what cleaning wrote, too"
        root.add(Film("b" * 16, (), root.near_topics([2]), {0: ["cat"]}))


def test_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = SyntheticRoot(tmp_path / "data")
    (tmp_path / "films").mkdir()
    monkeypatch.setenv("GAZE_DATA", str(root.root))
    with watched(monkeypatch) as disk:
        add_library(root.settings, Library(name="films", path=tmp_path / "films"))
    disk.assert_durable(root.settings.paths.settings)
