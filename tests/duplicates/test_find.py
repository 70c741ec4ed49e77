"""Copies made at run time, beside videos that only look alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gaze_pipeline.duplicates import find
from gaze_pipeline.duplicates.families import Pair
from gaze_pipeline.duplicates.report import groups
from gaze_pipeline.forgetting.forget import forget
from gaze_pipeline.media.encode import write_video
from gaze_pipeline.settings import ChannelSettings, Library, ModelSettings, ScanSettings, Settings
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.store.snapshot import current_revision, publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import FrameRef, SearchRequest
from tests.support.copies import Treatment, copied
from tests.support.gaze import Gaze

pytestmark = pytest.mark.slow
SECONDS, FPS = 16, 12.5


def take(room: int, walk: int) -> Iterator[np.ndarray]:
    """A room with somebody who walks through it; each `walk` is another take of the same room."""
    wall = np.random.default_rng(room).integers(40, 120, (9, 16, 3), dtype=np.uint8)
    backdrop = np.asarray(Image.fromarray(wall).resize((320, 180), Image.Resampling.BICUBIC))
    places = np.random.default_rng(walk).uniform(0.1, 0.9, (SECONDS // 2 + 2, 2))
    for at in np.arange(0, SECONDS, 1 / FPS) / 2:
        step, along = int(at), at % 1
        x, y = places[step] * (1 - along) + places[step + 1] * along
        picture = backdrop.copy()
        left, top = int(x * 240), int(y * 120)
        picture[top : top + 55, left : left + 60] = (235, 230, 220)
        yield picture


@pytest.fixture(scope="module")
def library(test_models: ModelSettings, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """An original with three copies, another take of the room, and a film of nothing but black."""
    folder = tmp_path_factory.mktemp("films")
    original = folder / "original.mp4"
    write_video(original, take(1, 1), FPS, options={"preset": "ultrafast", "crf": "18"})
    write_video(folder / "other take.mp4", take(1, 2), FPS, options={"preset": "ultrafast"})
    for name in ("black one.mp4", "black two.mp4"):
        write_video(folder / name, [np.full((180, 320, 3), len(name), np.uint8)] * 100, FPS)
    copied(original, folder / "messenger.webm", Treatment(height=120))
    copied(original, folder / "extract.mp4", Treatment(start_s=3.3, end_s=13.5, crop=0.03))
    copied(original, folder / "with bars.mp4", Treatment(height=120, bars=12))
    settings = Settings(
        root=tmp_path_factory.mktemp("copies") / "data",
        libraries=[Library(name="films", path=folder)],
        models=test_models,
        scan=ScanSettings(settle_s=0),
        channels=ChannelSettings(speech=False, labels=False, text=False, meaning=False),
    )
    workspace = Workspace.open(settings)
    scan_libraries(workspace)
    index(workspace, Watcher())
    return workspace


def test_copies_are_told_from_lookalikes(library: Workspace) -> None:
    (group,) = groups(Snapshot.open(library.paths))
    assert Path(group.original.paths[0]).name == "original.mp4"
    copies = {Path(copy.video.paths[0]).name: copy for copy in group.copies}
    assert copies.keys() == {"messenger.webm", "extract.mp4", "with bars.mp4"}
    assert abs(copies["extract.mp4"].offset_ms - 3300) <= 200
    assert copies["extract.mp4"].of_copy > 0.9
    assert 0.5 < copies["extract.mp4"].of_original < 0.7


def test_a_search_gives_one_moment_for_them_all(library: Workspace) -> None:
    snapshot = Snapshot.open(library.paths)
    rows = snapshot.rows("SELECT fingerprint, path FROM files")
    names = {fingerprint: Path(path).name for fingerprint, path in rows}
    other = next(key for key, name in names.items() if name == "other take.mp4")
    request = SearchRequest(like=FrameRef(fingerprint=other, at_ms=4000), weak=True)
    found = Engine(library.settings).search(request).moments
    same = [m for m in found if names[m.fingerprint] in ("original.mp4", "messenger.webm")]
    assert same
    for one, other in combinations(same, 2):  # the messenger's clock is that of the original
        shared = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
        assert 2 * shared < min(one.end_ms - one.start_ms, other.end_ms - other.start_ms)
    for moment in same:
        copies = {Path(copy.path).name: copy for copy in moment.copies}
        assert "with bars.mp4" in copies
        assert names[moment.fingerprint] == "original.mp4" or copies["original.mp4"].original


def test_a_comparison_that_was_killed_goes_on_where_it_was(
    library: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = library.catalog.copies.pairs()
    library.catalog.copies.record(dict.fromkeys(library.catalog.copies.compared(), "another"))
    assert library.catalog.copies.pairs() == []
    shown: list[str] = []
    compare = find._Theatre.compare

    def one_only(theatre: find._Theatre, video: str, *others: Any) -> Iterator[Pair]:
        if shown:
            raise KeyboardInterrupt
        shown.append(video)
        return compare(theatre, video, *others)

    rounds = 0
    while library.catalog.copies.pairs() != known:
        rounds += 1
        assert rounds < 9, "no comparison may be in vain"
        publish(library)
        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(find._Theatre, "compare", one_only)
            shown.clear()
            find.find_copies(library)
    assert rounds > 1
    assert find.find_copies(library) == 0


def test_what_is_found_later_is_published(library: Workspace) -> None:
    copies = library.catalog.copies
    copies.record(dict.fromkeys(copies.compared(), "another"))
    publish(library)
    assert groups(Snapshot.open(library.paths)) == []
    index(library, Watcher())
    (group,) = groups(Snapshot.open(library.paths))
    assert len(group.copies) == 3
    copies.record(copies.compared(), copies.pairs())
    assert library.catalog.revision() == current_revision(library.paths), "nothing new is no news"


def test_what_no_file_holds_any_more_is_not_written_down(library: Workspace) -> None:
    copies = library.catalog.copies
    known = copies.pairs()
    copies.record({"f" * 16: "source"}, [replace(known[0], longer="f" * 16)])
    assert copies.pairs() == known
    assert "f" * 16 not in copies.compared()


def test_the_command_lists_them(library: Workspace) -> None:
    gaze = Gaze(library.paths.root)
    told = gaze.run("duplicates").stdout
    assert "extract.mp4" in told
    assert "other take" not in told
    (group,) = json.loads(gaze.run("duplicates", "--json").stdout)
    assert len(group["copies"]) == 3


def test_what_is_forgotten_is_gone_from_it_too(library: Workspace) -> None:
    snapshot = Snapshot.open(library.paths)
    (group,) = groups(snapshot)
    gone = group.copies[0].video.fingerprint
    assert forget(library, [gone]).left == []
    (group,) = groups(Snapshot.open(library.paths))
    assert gone not in {copy.video.fingerprint for copy in group.copies}
    assert gone not in library.catalog.copies.compared()
    assert all(gone not in (pair.longer, pair.shorter) for pair in library.catalog.copies.pairs())
