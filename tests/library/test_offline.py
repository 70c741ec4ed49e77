"""Disks that are not there: nothing of them is removed, and what is deleted all the same is told apart."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gaze_pipeline.library import unplugged, walk
from tests.support.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    for name in ("a", "b"):
        (shelf.one / f"{name}.mp4").write_bytes(name.encode())
    (shelf.one / "usb").mkdir()
    for name in ("c", "d"):
        (shelf.one / "usb" / f"{name}.mp4").write_bytes(name.encode())
    return shelf


class Disks:
    """Numbers of file systems, by folder; what is not named lies on the one around it."""

    def __init__(self, root: Path, number: int) -> None:
        self.numbers = {root: number}

    def mount(self, folder: Path, number: int) -> None:
        self.numbers[folder] = number

    def unmount(self, folder: Path) -> None:
        del self.numbers[folder]

    def of(self, folder: Path) -> int:
        folder.stat()
        return next(self.numbers[f] for f in (folder, *folder.parents) if f in self.numbers)


@pytest.fixture
def disks(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Disks:
    disks = Disks(shelf.one.parent, 1)
    disks.mount(shelf.one / "usb", 2)
    for module in (walk, unplugged):
        monkeypatch.setattr(module, "device_of", disks.of)
    return disks


@pytest.mark.parametrize("left", ["an empty folder", "no folder"])
def test_a_mount_inside_a_library_that_went(shelf: Shelf, disks: Disks, left: str) -> None:
    shelf.scan()
    usb = shelf.one / "usb"
    usb.rename(shelf.one.parent / "usb")
    disks.unmount(usb)
    if left == "an empty folder":
        usb.mkdir()
    report = shelf.scan()
    assert report.deleted == []
    (offline,) = report.offline
    assert offline.folder == (usb if usb.exists() else shelf.one)
    assert "2 of its files" in offline.reason
    assert len(shelf.catalog.videos.all()) == 4
    shutil.rmtree(usb, ignore_errors=True)
    (shelf.one.parent / "usb").rename(usb)
    disks.mount(usb, 2)
    (usb / "c.mp4").unlink()
    assert shelf.scan().deleted == [usb / "c.mp4"]


def test_what_is_deleted_on_a_mount_is_deleted(shelf: Shelf, disks: Disks) -> None:
    shelf.scan()
    (shelf.one / "usb" / "c.mp4").unlink()
    assert shelf.scan().deleted == [shelf.one / "usb" / "c.mp4"]


def test_a_new_number_of_the_same_disk_hides_no_deletion(shelf: Shelf, disks: Disks) -> None:
    shelf.scan()
    disks.mount(shelf.one / "usb", 7)
    (shelf.one / "usb" / "c.mp4").unlink()
    report = shelf.scan()
    assert (report.deleted, report.offline) == ([shelf.one / "usb" / "c.mp4"], [])


def test_another_disk_in_the_same_place_replaces_nothing(shelf: Shelf, disks: Disks) -> None:
    shelf.scan()
    usb = shelf.one / "usb"
    usb.rename(shelf.one.parent / "usb")
    usb.mkdir()
    (usb / "e.mp4").write_bytes(b"another disk's film")
    disks.mount(usb, 3)
    report = shelf.scan()
    assert (report.new, report.deleted) == ([usb / "e.mp4"], [])
    assert len(shelf.catalog.videos.all()) == 5


def test_a_disk_that_comes_back_changed(shelf: Shelf) -> None:
    shelf.scan()
    away = shelf.one.rename(shelf.one.parent / "away")
    assert [offline.library for offline in shelf.scan().offline] == ["one"]
    (away / "a.mp4").rename(away / "renamed.mp4")
    (away / "b.mp4").unlink()
    (away / "new.mp4").write_bytes(b"shot meanwhile")
    away.rename(shelf.one)
    report = shelf.scan()
    assert report.moved == [(shelf.one / "a.mp4", shelf.one / "renamed.mp4")]
    assert report.deleted == [shelf.one / "b.mp4"]
    assert report.new == [shelf.one / "new.mp4"]


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ESTALE])
def test_a_root_that_cannot_be_read(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    shelf.scan()
    fail_on(monkeypatch, shelf.one, code)
    (offline,) = shelf.scan().offline
    assert offline.reason == os.strerror(code)
    assert len(shelf.catalog.videos.all()) == 4
    last = shelf.catalog.libraries.last_scan("one", shelf.one)
    assert last is not None
    assert last.offline == os.strerror(code)


def test_a_folder_that_cannot_be_read_keeps_its_videos(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.scan()
    with monkeypatch.context() as patched:
        fail_on(patched, shelf.one / "usb", errno.EIO)
        report = shelf.scan()
        assert [path for path, _ in report.unreadable] == [shelf.one / "usb"]
        assert shelf.scan_touched(shelf.one / "usb" / "c.mp4").deleted == []
    assert len(shelf.catalog.videos.all()) == 4
    assert shelf.scan().changes == 0


def test_a_disk_that_goes_while_it_is_looked_at(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.scan()
    everything = walk.Walk.everything

    def pulled(self: walk.Walk) -> Iterator[walk.SeenFile]:
        found = list(everything(self))
        if self.library.path == shelf.one:
            shelf.one.rename(shelf.one.parent / "pulled")
            shelf.one.mkdir()
            return iter(found[:1])
        return iter(found)

    monkeypatch.setattr(walk.Walk, "everything", pulled)
    (offline,) = shelf.scan().offline
    assert offline.library == "one"
    assert len(shelf.catalog.videos.all()) == 4


def test_an_unreadable_file_keeps_what_it_held(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.scan()
    film, before = shelf.one / "a.mp4", shelf.videos()
    os.utime(film, (5, 5))
    real = Path.open

    def fails(path: Path, *arguments: str) -> object:
        if path == film:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", fails)
        report = shelf.scan()
    assert [path for path, _ in report.unreadable] == [film]
    assert shelf.videos() == before
    assert [file.path for file in shelf.catalog.refused()] == [film]
    assert shelf.scan().unreadable == []
    assert shelf.catalog.refused() == []


def fail_on(monkeypatch: pytest.MonkeyPatch, folder: Path, code: int) -> None:
    """Have the listing of a folder fail."""
    real = os.scandir

    def scandir(path: Path) -> object:
        if path == folder:
            raise OSError(code, os.strerror(code))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
