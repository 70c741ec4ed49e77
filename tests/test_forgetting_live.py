"""Forgetting with everything running: real services, real runs, the real command."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from glob import glob
from pathlib import Path

import psutil
import pytest

from gaze_pipeline.store.forgotten import Forgotten
from tests.support.gaze import Gaze
from tests.support.roots import tiny_library, tiny_video
from tests.support.running import RunningGaze, running_gaze, until

pytestmark = pytest.mark.slow
SECRET = "A private evening.mp4"


def command(gaze: RunningGaze) -> Gaze:
    return Gaze(gaze.root, variables=dict(gaze.variables))


def holding(root: Path, *needles: str) -> list[str]:
    found = []
    for path in map(root.joinpath, glob("**", root_dir=root, recursive=True, include_hidden=True)):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue
        if any(needle.encode() in content or needle in path.name for needle in needles):
            found.append(str(path.relative_to(root)))
    return found


@pytest.fixture(scope="module")
def gaze(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGaze]:
    """Started on a library of five tiny videos."""
    folder = tmp_path_factory.mktemp("forgetting")
    tiny_video(tiny_library(folder / "films", 4) / SECRET, seed=77)
    with running_gaze(folder / "data", folder / "films") as gaze:
        yield gaze


def test_a_video_is_forgotten_while_everything_runs_and_stays_so(gaze: RunningGaze) -> None:
    root, catalog = gaze.root, gaze.workspace.catalog
    secret = gaze.library / SECRET
    until(lambda: gaze.decoded(5), what="indexing")
    until(lambda: all(run["status"] == "SUCCESS" for run in gaze.runs()), what="all runs")
    fingerprint = next(v.fingerprint for v in catalog.videos.all() if v.path == secret)
    assert holding(root, fingerprint)

    done = command(gaze).run("forget", str(secret), "--yes")

    assert "is forgotten" in done.stdout
    assert holding(root, fingerprint, "private evening") == []
    assert secret.is_file()
    scanned = command(gaze).run("scan")
    assert "1 file of forgotten videos left out" in scanned.stdout
    tiny_video(gaze.library / "another.mp4", seed=78)
    until(lambda: gaze.decoded(5), what="the next video")
    assert holding(root, fingerprint, "private evening") == []
    held = [file.path for p in gaze.family() for file in _open_files(p)]
    snapshots = {path for path in held if "/index/search-" in path}
    assert all(Path(path).exists() for path in snapshots), "no old snapshot is held open"

    assert "1 video will be indexed again" in command(gaze).run("remember", str(secret)).stdout
    until(lambda: gaze.decoded(6), what="its return")
    assert not Forgotten(gaze.workspace.paths).holds(fingerprint)


def test_a_video_that_a_run_is_at_is_forgotten_and_the_others_go_on(gaze: RunningGaze) -> None:
    root, catalog = gaze.root, gaze.workspace.catalog
    before = len(list(gaze.library.iterdir()))
    until(lambda: gaze.decoded(before), what="indexing")
    long = [
        tiny_video(gaze.library.parent / f"long-{n}.mp4", seed=n, seconds=120) for n in range(6)
    ]
    paths = [path.rename(gaze.library / path.name) for path in long]
    until(lambda: len(catalog.videos.all()) == before + 6, what="the scan")
    until(lambda: gaze.runs(statuses=["STARTED"], pipelineName="ingest"), what="a run")
    fingerprint = next(v.fingerprint for v in catalog.videos.all() if v.path == paths[0])
    command(gaze).run("forget", str(paths[0]), "--yes")
    assert catalog.videos.get(fingerprint) is None
    until(lambda: gaze.decoded(before + 5), what="the others", seconds=240)
    assert holding(root, fingerprint) == []


def _open_files(process: psutil.Process) -> list[psutil._common.popenfile]:
    try:
        return list(process.open_files())
    except psutil.Error:
        return []


def test_a_library_is_forgotten_without_any_service(tmp_path: Path) -> None:
    root, library, other = tmp_path / "data", tmp_path / "Private films", tmp_path / "other"
    tiny_library(library, 2)
    other.mkdir()
    tiny_video(other / "own.mp4", seed=9)
    shutil.copy(library / "1.mp4", other / "copy.mp4")
    gaze = Gaze(root)
    for folder in (library, other):
        gaze.run("library", "add", str(folder))
    gaze.run("index")
    told = gaze.run("forget", "Private films", "--yes").stdout
    assert "1 video that only it held" in " ".join(told.split())
    assert holding(root, "Private films") == []
    assert len(gaze.json("status")["videos"]) == 2
