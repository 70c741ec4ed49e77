"""What the Library page makes of the catalog."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.settings import Settings
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.store.catalog.unstable import UnstableFile
from gaze_pipeline.workspace import Workspace
from gaze_search_app.library_view import (
    GROUP_OF,
    Group,
    Request,
    ask,
    in_group,
    named,
    overall,
    rows,
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(Settings(root=tmp_path))


@pytest.fixture
def catalog(workspace: Workspace) -> Catalog:
    return workspace.catalog


def _add(catalog: Catalog, name: str, *settled: tuple[Stage, Status, ErrorCode | None]) -> None:
    fingerprint = name * 16
    catalog.files.record([FileRow(Path(f"/films/{name}.mp4"), "films", 1, 1, fingerprint)])
    catalog.videos.add(fingerprint, 10_000)
    for stage, status, code in settled:
        catalog.stages.settle(fingerprint, stage, status, code)


def test_every_state_belongs_to_a_group() -> None:
    assert set(GROUP_OF) == set(State)


def test_what_needs_attention_comes_first(catalog: Catalog) -> None:
    _add(catalog, "a", *((stage, Status.DONE, None) for stage in Stage))
    _add(catalog, "b", (Stage.AUDIO, Status.FAILED, ErrorCode.FILE_DAMAGED))
    catalog.files.record(
        [FileRow(Path("/films/x.mp4"), "films", 3, 1, None, ErrorCode.NOT_A_VIDEO)]
    )
    found = rows(catalog)
    assert [(row.name, row.group) for row in found] == [
        ("b.mp4", Group.FAILED),
        ("x.mp4", Group.FAILED),
        ("a.mp4", Group.READY),
    ]
    assert found[1].problem is ErrorCode.NOT_A_VIDEO
    assert [row.name for row in in_group(found, Group.READY)] == ["a.mp4"]
    assert [row.name for row in named(found, " B.MP ")] == ["b.mp4"]
    assert named(found, "FILMS") == named(found, "") == found


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
    catalog.files.record([FileRow(Path("/other/copy.mp4"), "other", 1, 1, "a" * 16)])
    (row,) = rows(catalog)
    assert (row.folders, row.libraries) == (("/films", "/other"), ("films", "other"))


def test_a_row_offers_what_can_be_asked_of_it(workspace: Workspace) -> None:
    catalog = workspace.catalog
    _add(catalog, "a", *((stage, Status.DONE, None) for stage in Stage))
    _add(catalog, "b")
    _add(catalog, "c", *((stage, Status.FAILED, ErrorCode.INTERNAL) for stage in Stage))
    _add(catalog, "d", *((stage, Status.FAILED, ErrorCode.DISK_FULL) for stage in Stage))
    catalog.files.record(
        [FileRow(Path("/films/x.mp4"), "films", 3, 1, None, ErrorCode.NOT_A_VIDEO)]
    )
    offered = {row.name: row.requests for row in rows(catalog)}
    assert offered == {
        "a.mp4": (),
        "b.mp4": (Request.CANCEL,),
        "c.mp4": (Request.RETRY,),
        "d.mp4": (Request.CANCEL, Request.RETRY),
        "x.mp4": (Request.RETRY,),
    }


def test_what_is_asked_of_a_row_is_done_to_it_alone(workspace: Workspace) -> None:
    catalog = workspace.catalog
    _add(catalog, "a")
    _add(catalog, "b")
    ask(workspace, Request.CANCEL, "a" * 16)
    assert states(catalog) == {"a.mp4": State.CANCELLED, "b.mp4": State.QUEUED}
    ask(workspace, Request.CANCEL)
    assert states(catalog) == {"a.mp4": State.CANCELLED, "b.mp4": State.CANCELLED}
    ask(workspace, Request.RETRY, "b" * 16)
    assert states(catalog) == {"a.mp4": State.CANCELLED, "b.mp4": State.QUEUED}


def test_a_stage_that_runs_is_shown_as_stopping_until_it_has_stopped(workspace: Workspace) -> None:
    catalog = workspace.catalog
    _add(catalog, "a")
    catalog.stages.start("a" * 16, Stage.FRAMES)
    ask(workspace, Request.CANCEL)
    (row,) = rows(catalog)
    assert (row.state, row.cancelling) == (State.EXTRACTING_FRAMES, True)
    assert not catalog.stages.progress("a" * 16, Stage.FRAMES, 0.5), "its process is told to stop"
    catalog.stages.release("a" * 16, Stage.FRAMES)
    (row,) = rows(catalog)
    assert (row.state, row.cancelling) == (State.CANCELLED, False)


def test_a_refused_file_can_be_looked_at_again(workspace: Workspace) -> None:
    refused = FileRow(Path("/films/x.mp4"), "films", 3, 1, None, ErrorCode.NOT_A_VIDEO)
    workspace.catalog.files.record([refused])
    (row,) = rows(workspace.catalog)
    ask(workspace, Request.RETRY, row.key)
    assert rows(workspace.catalog) == []
    assert workspace.catalog.touched.due(time.time(), 10) == [refused.path]


def test_a_next_try_is_told(catalog: Catalog) -> None:
    _add(catalog, "a", (Stage.AUDIO, Status.FAILED, ErrorCode.FILE_NOT_FOUND))
    (row,) = rows(catalog)
    assert row.next_try == "It is tried again as soon as the file is back."


def states(catalog: Catalog) -> dict[str, State]:
    return {row.name: row.state for row in rows(catalog)}
