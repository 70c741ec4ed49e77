"""What the Library page makes of the catalog."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.store.catalog.unstable import UnstableFile
from gaze_search_app.library_view import GROUP_OF, Group, in_group, overall, rows


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog.sqlite")


def _add(catalog: Catalog, name: str, *settled: tuple[Stage, Status, ErrorCode | None]) -> None:
    fingerprint = name * 16
    catalog.files.put(FileRow(Path(f"/films/{name}.mp4"), "films", 1, 1, fingerprint))
    catalog.videos.add(fingerprint, 10_000)
    for stage, status, code in settled:
        catalog.stages.settle(fingerprint, stage, status, code)


def test_every_state_belongs_to_a_group() -> None:
    assert set(GROUP_OF) == set(State)


def test_what_needs_attention_comes_first(catalog: Catalog) -> None:
    _add(catalog, "a", *((stage, Status.DONE, None) for stage in Stage))
    _add(catalog, "b", (Stage.AUDIO, Status.FAILED, ErrorCode.FILE_DAMAGED))
    catalog.files.put(FileRow(Path("/films/x.mp4"), "films", 3, 1, None, ErrorCode.NOT_A_VIDEO))
    found = rows(catalog)
    assert [(row.name, row.group) for row in found] == [
        ("b.mp4", Group.FAILED),
        ("x.mp4", Group.FAILED),
        ("a.mp4", Group.READY),
    ]
    assert found[1].problem is ErrorCode.NOT_A_VIDEO
    assert [row.name for row in in_group(found, Group.READY)] == ["a.mp4"]


def test_a_running_stage_shows_its_progress(catalog: Catalog) -> None:
    _add(catalog, "a", (Stage.AUDIO, Status.DONE, None))
    catalog.stages.start("a" * 16, Stage.TRANSCRIPT)
    catalog.stages.progress("a" * 16, Stage.TRANSCRIPT, 0.5)
    (row,) = rows(catalog)
    assert row.state is State.TRANSCRIBING
    assert [cell.progress for cell in row.stages][:2] == [1.0, 0.5]
    assert overall([row]) == pytest.approx(0.3)


def test_a_file_still_being_written_is_no_failure(catalog: Catalog) -> None:
    catalog.unstable.replace([], [UnstableFile(Path("/films/x.mp4"), "films", 3, 1, since=1.0)])
    (row,) = rows(catalog)
    assert (row.group, row.problem) == (Group.WORKING, ErrorCode.FILE_UNSTABLE)


def test_copies_of_a_video_are_one_row_with_all_their_folders(catalog: Catalog) -> None:
    _add(catalog, "a")
    catalog.files.put(FileRow(Path("/other/copy.mp4"), "other", 1, 1, "a" * 16))
    (row,) = rows(catalog)
    assert (row.folders, row.libraries) == (("/films", "/other"), ("films", "other"))
