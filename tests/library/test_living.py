"""Files change under the running services: catalog and published index follow by themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gaze_pipeline.errors import GazeError
from gaze_pipeline.store.snapshot_reader import Snapshot
from tests.support.roots import tiny_library, tiny_video
from tests.support.running import RunningGaze, running_gaze, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="signals are POSIX"),
]


@pytest.fixture
def gaze(tmp_path: Path) -> Iterator[RunningGaze]:
    with running_gaze(tmp_path / "data", tiny_library(tmp_path / "films", 2)) as gaze:
        yield gaze


def published(gaze: RunningGaze) -> dict[str, str]:
    """Which video the search page shows under each name."""
    with suppress(GazeError):
        rows = Snapshot.open(gaze.workspace.paths).rows("SELECT path, fingerprint FROM files")
        return {Path(path).name: video for path, video in rows}
    return {}


def known(gaze: RunningGaze) -> dict[str, str | None]:
    return {file.path.name: file.fingerprint for file in gaze.workspace.catalog.files.all()}


def made(gaze: RunningGaze) -> dict[Path, int]:
    """When each artifact was made."""
    folder = gaze.workspace.paths.artifacts
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


def test_the_index_follows_the_folder(gaze: RunningGaze) -> None:
    library, catalog = gaze.library, gaze.workspace.catalog
    until(lambda: gaze.decoded(2), what="the first videos")
    until(lambda: set(published(gaze)) == {"0.mp4", "1.mp4"}, what="their index")
    assert catalog.libraries.unwatched("films", library) is None, "every further change is told"

    tiny_video(library.parent / "dropped.mp4", seed=7).rename(library / "dropped.mp4")
    until(lambda: gaze.decoded(3), what="the dropped video")
    until(lambda: "dropped.mp4" in published(gaze), what="its place in the index")
    before, artifacts = published(gaze), made(gaze)

    (library / "dropped.mp4").rename(library / "renamed.mp4")
    until(lambda: "renamed.mp4" in published(gaze), what="the new name")
    (library / "0.mp4").rename(library / "aside")
    (library / "1.mp4").rename(library / "0.mp4")
    (library / "aside").rename(library / "1.mp4")
    swapped = {"0.mp4": before["1.mp4"], "1.mp4": before["0.mp4"]}
    wanted = {**swapped, "renamed.mp4": before["dropped.mp4"]}
    until(lambda: published(gaze) == wanted, what="the swapped names")
    assert made(gaze) == artifacts, "a new name costs no work"

    (library / "deep").mkdir()
    (library / "renamed.mp4").rename(library / "deep" / "renamed.mp4")
    (library / "1.mp4").unlink()
    del wanted["1.mp4"]
    until(lambda: published(gaze) == wanted, what="the deletion")
    until(
        lambda: library / "deep" / "renamed.mp4" in [f.path for f in catalog.files.all()],
        what="the new folder",
    )

    library.rename(library.parent / "unplugged")
    until(
        lambda: (last := catalog.libraries.last_scan("films", library)) and last.offline,
        what="the unplugged disk",
    )
    assert set(known(gaze)) == set(wanted)
    (library.parent / "unplugged").rename(library)
    (library / "0.mp4").rename(library / "back.mp4")
    until(lambda: "back.mp4" in published(gaze), what="the disk that is back")
    assert len(catalog.videos.all()) == 2
