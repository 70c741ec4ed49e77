"""Being told of changes: what is touched is noted, whatever happens to the folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from gaze_pipeline.library import watch
from gaze_pipeline.library.rounds import due
from gaze_pipeline.library.watch import Watcher, why_unwatchable
from gaze_pipeline.settings import Library, ScanSettings, Settings
from tests.support.shelf import MANY, Shelf

SOON_S = 60.0


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def watcher(shelf: Shelf) -> Iterator[Watcher]:
    watcher = Watcher(shelf.catalog)
    yield watcher
    watcher.end()


def follow(watcher: Watcher, shelf: Shelf) -> None:
    """Have everything watched, with what was due at the start done."""
    watcher.follow(shelf.settings)
    until(lambda: all(reason is None for reason in unwatched(shelf).values()))
    until(lambda: {shelf.one, shelf.two} <= touched(shelf))
    shelf.scan_touched()


def unwatched(shelf: Shelf) -> dict[str, str | None]:
    known = shelf.catalog.libraries
    return {item.name: known.unwatched(item.name, item.path) for item in shelf.settings.libraries}


def touched(shelf: Shelf) -> set[Path]:
    return set(shelf.catalog.touched.due(time.time(), MANY))


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_files_that_come_change_move_and_go_are_touched(shelf: Shelf, watcher: Watcher) -> None:
    follow(watcher, shelf)
    film = shelf.one / "film.mp4"
    (shelf.one / "notes.txt").write_text("no video")
    (shelf.one / ".hidden.mp4").write_bytes(b"hidden")
    film.write_bytes(b"film")  # the last: what came before was told by then
    until(lambda: touched(shelf))
    assert touched(shelf) == {film}
    assert shelf.scan_touched().new == [film]
    moved = film.rename(shelf.two / "film.mp4")
    until(lambda: {film, moved} <= touched(shelf))
    assert shelf.scan_touched().moved == [(film, moved)]
    moved.unlink()
    until(lambda: moved in touched(shelf))
    assert shelf.scan_touched().deleted == [moved]


def test_a_folder_of_films_comes_is_renamed_and_goes(shelf: Shelf, watcher: Watcher) -> None:
    follow(watcher, shelf)
    (shelf.one / "trip" / "day").mkdir(parents=True)
    (shelf.one / "trip" / "day" / "a.mp4").write_bytes(b"a")
    until(lambda: touched(shelf))
    until(lambda: shelf.scan_touched().new or shelf.videos())
    (shelf.one / "trip").rename(shelf.one / "travel")
    until(lambda: {shelf.one / "trip", shelf.one / "travel"} <= touched(shelf))
    assert len(shelf.scan_touched().moved) == 1
    (shelf.one / "travel" / "day" / "b.mp4").write_bytes(b"b")
    until(lambda: touched(shelf))
    assert len(shelf.scan_touched().new) == 1
    (shelf.one / "travel").rename(shelf.one.parent / "elsewhere")
    until(lambda: shelf.one / "travel" in touched(shelf))
    assert len(shelf.scan_touched().deleted) == 2


@pytest.mark.parametrize("left", ["an empty folder", "no folder"])
def test_a_disk_that_goes_and_comes_back(shelf: Shelf, watcher: Watcher, left: str) -> None:
    film = shelf.one / "film.mp4"
    film.write_bytes(b"film")
    follow(watcher, shelf)
    away = shelf.one.rename(shelf.one.parent / "away")
    if left == "an empty folder":
        shelf.one.mkdir()
    watcher.follow(shelf.settings)
    until(lambda: shelf.one in touched(shelf))
    assert [offline.library for offline in shelf.scan_touched().offline] == ["one"]
    if shelf.one.exists():
        shelf.one.rmdir()
    away.rename(shelf.one)
    film.rename(shelf.one / "renamed.mp4")
    watcher.follow(shelf.settings)
    until(lambda: unwatched(shelf)["one"] is None)
    until(lambda: shelf.one in touched(shelf))
    assert shelf.scan_touched().moved == [(film, shelf.one / "renamed.mp4")]


def test_a_library_that_is_taken_out_is_no_longer_watched(shelf: Shelf, watcher: Watcher) -> None:
    follow(watcher, shelf)
    fewer = Settings(root=shelf.settings.root, libraries=shelf.settings.libraries[:1])
    watcher.follow(fewer)
    assert [reason is None for reason in unwatched(shelf).values()] == [True, False]
    (shelf.two / "film.mp4").write_bytes(b"film")
    (shelf.one / "film.mp4").write_bytes(b"film")
    until(lambda: touched(shelf))
    assert touched(shelf) == {shelf.one / "film.mp4"}


def test_many_changes_at_once_are_one_look_at_everything(
    shelf: Shelf, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MANY", 3)
    follow(watcher, shelf)
    for number in range(50):
        (shelf.one / f"{number}.mp4").write_bytes(b"%d" % number)
    until(lambda: shelf.one in touched(shelf))
    assert len(shelf.scan_touched().new) == 50


def test_what_cannot_be_watched_is_told_and_looked_through_often(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr(watch, "watch", full)
    watcher = Watcher(shelf.catalog, lambda folder: "a network" if folder == shelf.two else None)
    watcher.follow(shelf.settings)
    until(lambda: unwatched(shelf)["one"] == "OS file watch limit reached.")
    assert unwatched(shelf)["two"] == "a network"
    shelf.scan()
    soon = time.time() + shelf.settings.scan.every_s + 1
    assert [library.name for library in found(shelf, soon)] == ["one", "two"]
    watcher.end()


def test_a_name_that_is_not_unicode_costs_no_change(shelf: Shelf, watcher: Watcher) -> None:
    follow(watcher, shelf)
    Path(os.fsdecode(os.fsencode(shelf.one) + b"/\xff.mp4")).write_bytes(b"film")
    until(lambda: shelf.one in touched(shelf))
    assert len(shelf.scan_touched().new) == 1
    assert "decode" in str(unwatched(shelf)["one"])


def test_a_watched_library_is_looked_through_rarely(shelf: Shelf, watcher: Watcher) -> None:
    follow(watcher, shelf)
    shelf.scan()
    now, often, rarely = time.time(), shelf.settings.scan.every_s, ScanSettings().watched_every_s
    assert found(shelf, now + often + 1) == []
    assert len(found(shelf, now + rarely + 1)) == 2
    watcher.end()
    assert len(found(shelf, now + often + 1)) == 2


def test_a_library_whose_folder_is_another_now_is_looked_through(shelf: Shelf) -> None:
    shelf.scan()
    assert found(shelf, time.time()) == []
    moved = Library(name="one", path=shelf.one.parent / "else")
    shelf.settings = Settings(root=shelf.settings.root, libraries=[moved])
    assert found(shelf, time.time()) == [moved]


@pytest.mark.parametrize(
    ("mounts", "reason"),
    [
        ([("/", "ext4", "rw"), ("/films", "nfs4", "rw")], "/films is on a network (nfs4)"),
        ([("/", "nfs", "rw"), ("/films", "ext4", "rw")], None),
        ([("/", "ext4", "rw"), ("/films/nas", "cifs", "rw")], "/films/nas is on a network (cifs)"),
        ([("/", "ext4", "rw"), ("/filmsets", "cifs", "rw")], None),
        ([("/", "ext4", "rw"), ("/films", "fuse.sshfs", "rw")], "/films is on a network"),
        ([("/", "ext4", "rw"), ("/films", "NTFS", "rw,remote")], "/films is on a network"),
    ],
)
def test_network_disks_do_not_tell(
    monkeypatch: pytest.MonkeyPatch, mounts: list[tuple[str, str, str]], reason: str | None
) -> None:
    parts = [SimpleNamespace(mountpoint=at, fstype=kind, opts=opts) for at, kind, opts in mounts]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: parts)
    told = why_unwatchable(Path("/films"))
    assert told is None if reason is None else str(told).startswith(reason)


def found(shelf: Shelf, now: float) -> list[Library]:
    """The libraries that are due as a whole."""
    where = due(shelf.settings, shelf.catalog, now)
    return list(where.libraries) if where else []
