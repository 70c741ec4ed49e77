from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.library.lock import scanning
from gaze_pipeline.library.rounds import due
from gaze_pipeline.library.scan import scan
from gaze_pipeline.library.sight import Round
from gaze_pipeline.settings import ScanSettings, Settings
from gaze_pipeline.store.catalog.unstable import UnstableFile
from tests.support.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_new_files_are_taken_up_once(shelf: Shelf) -> None:
    (shelf.one / "deep").mkdir()
    film = shelf.one / "deep" / "Film.MP4"
    film.write_bytes(b"film")
    assert shelf.scan().new == [film]
    again = shelf.scan()
    assert again.changes == 0
    assert again.unchanged == 1
    assert len(shelf.registered) == 1


def test_copies_share_one_video(shelf: Shelf) -> None:
    (shelf.one / "film.mp4").write_bytes(b"film")
    (shelf.two / "copy.mp4").write_bytes(b"film")
    report = shelf.scan()
    assert len(report.new) == 1
    assert len(report.duplicate) == 1
    (video,) = shelf.catalog.videos.all()
    assert len(video.files) == 2
    (shelf.one / "film.mp4").unlink()
    shelf.scan()
    assert len(shelf.catalog.videos.all()) == 1


def test_swapped_names_follow_the_content(shelf: Shelf) -> None:
    first, second = shelf.one / "a.mp4", shelf.one / "b.mp4"
    first.write_bytes(b"first film")
    second.write_bytes(b"the second film")
    shelf.scan()
    before = {file.path: file.fingerprint for file in shelf.catalog.files.all()}
    first.rename(shelf.one / "c")
    second.rename(first)
    (shelf.one / "c").rename(second)
    report = shelf.scan()
    after = {file.path: file.fingerprint for file in shelf.catalog.files.all()}
    assert after == {first: before[second], second: before[first]}
    assert sorted(report.moved) == [(first, second), (second, first)]
    assert len(shelf.registered) == 2


def test_changed_content_is_another_video(shelf: Shelf) -> None:
    film = shelf.one / "film.mp4"
    film.write_bytes(b"film")
    shelf.scan()
    film.write_bytes(b"the director's cut")
    report = shelf.scan()
    assert report.changed == [film]
    assert len(shelf.catalog.videos.all()) == 1
    assert len(shelf.registered) == 2


@pytest.mark.parametrize("unplug", ["missing", "empty"])
def test_an_offline_library_loses_nothing(shelf: Shelf, unplug: str) -> None:
    (shelf.one / "film.mp4").write_bytes(b"film")
    shelf.scan()
    shutil.rmtree(shelf.one)
    if unplug == "empty":
        shelf.one.mkdir()
    report = shelf.scan()
    assert [offline.library for offline in report.offline] == ["one"]
    assert len(shelf.catalog.videos.all()) == 1


def test_what_is_no_video_is_listed_with_its_reason(shelf: Shelf) -> None:
    (shelf.one / "good.mp4").write_bytes(b"film")
    (shelf.one / "notes.mp4").write_bytes(b"bad idea")
    (shelf.one / "empty.mp4").touch()
    report = shelf.scan()
    assert report.new == [shelf.one / "good.mp4"]
    codes = {file.path.name: file.error_code for file in shelf.catalog.files.all()}
    assert codes["notes.mp4"] is ErrorCode.NOT_A_VIDEO
    assert codes["empty.mp4"] is ErrorCode.FILE_EMPTY
    assert shelf.scan().changes == 0, "a file that is known to be no video is not read again"


def test_a_surprise_in_one_file_does_not_stop_the_others(shelf: Shelf) -> None:
    (shelf.one / "a.mp4").write_bytes(b"a")
    (shelf.one / "b.mp4").write_bytes(b"bb")

    def register(fingerprint: str, path: Path) -> int:
        if path.name == "a.mp4":
            raise RuntimeError("nobody foresaw this")
        return 1000

    report = scan(shelf.settings, shelf.catalog, register)
    assert report.new == [shelf.one / "b.mp4"]
    assert [error.code for _, error in report.unreadable] == [ErrorCode.INTERNAL]


def test_hostile_names_survive(shelf: Shelf) -> None:
    names = [
        b"line\nbreak.mp4",
        b"-rf.mp4",
        b"invalid \xff\xfe.mp4",
        "emoji \N{CLAPPER BOARD}.mp4".encode(),
        b"x" * 240 + b".mp4",
    ]
    for index, name in enumerate(names):
        (shelf.one / os.fsdecode(name)).write_bytes(b"film %d" % index)
    assert len(shelf.scan().new) == len(names)
    assert {os.fsencode(path.name) for path in shelf.videos()} == set(names)


def test_link_loops_end_and_hidden_files_stay_out(shelf: Shelf) -> None:
    (shelf.one / "film.mp4").write_bytes(b"film")
    (shelf.one / ".hidden.mp4").write_bytes(b"hidden")
    (shelf.one / "loop").symlink_to(shelf.one, target_is_directory=True)
    (shelf.one / "dangling.mp4").symlink_to(shelf.one / "nowhere")
    assert shelf.scan().new == [shelf.one / "film.mp4"]


def test_a_bounded_scan_takes_up_the_rest_later(shelf: Shelf) -> None:
    for index in range(3):
        (shelf.one / f"{index}.mp4").write_bytes(b"film %d" % index)
    first = shelf.scan(at_most_s=0)
    assert (len(first.new), first.left_over) == (1, 2)
    unread = tuple(shelf.catalog.touched.due(time.time(), 10))
    second = shelf.scan(Round((), unread), at_most_s=0)
    assert (len(second.new), second.left_over) == (1, 1)
    assert len(shelf.scan().new) == 1


def test_removing_a_library_removes_only_what_it_alone_held(shelf: Shelf) -> None:
    (shelf.one / "shared.mp4").write_bytes(b"shared")
    (shelf.two / "shared.mp4").write_bytes(b"shared")
    (shelf.one / "own.mp4").write_bytes(b"own")
    shelf.scan()
    without_one = Settings(
        root=shelf.settings.root,
        libraries=[shelf.settings.libraries[1]],
        scan=ScanSettings(settle_s=0),
    )
    scan(without_one, shelf.catalog, lambda fingerprint, path: 1000)
    assert [video.libraries for video in shelf.catalog.videos.all()] == [["two"]]


def test_one_scan_at_a_time(shelf: Shelf) -> None:
    paths = shelf.settings.paths
    with scanning(paths), pytest.raises(TimeoutError), scanning(paths, wait_s=0.1):
        pass
    with scanning(paths, wait_s=0):
        pass


def test_a_link_into_another_library_is_a_copy_told_once(shelf: Shelf) -> None:
    (shelf.two / "film.mp4").write_bytes(b"film")
    (shelf.one / "link.mp4").symlink_to(shelf.two / "film.mp4")
    report = shelf.scan()
    assert (len(report.new), len(report.duplicate)) == (1, 1)
    assert shelf.scan().changes == 0
    (video,) = shelf.catalog.videos.all()
    assert video.libraries == ["one", "two"]


def test_a_library_taken_out_by_hand_is_noticed_by_the_next_round(shelf: Shelf) -> None:
    (shelf.one / "film.mp4").write_bytes(b"film")
    shelf.scan()
    shelf.catalog.unstable.replace([], [UnstableFile(shelf.one / "b.mp4", "one", 1, 1, since=1.0)])
    shelf.settings = Settings(root=shelf.settings.root, libraries=shelf.settings.libraries[1:])
    where = due(shelf.settings, shelf.catalog, time.time())
    assert where is not None
    shelf.scan(where)
    assert shelf.videos() == {}
    assert shelf.catalog.refused() == []
    assert due(shelf.settings, shelf.catalog, time.time()) is None
