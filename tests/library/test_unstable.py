"""Files that are still being copied wait, and are taken up by themselves."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic
from time import time as now

import pytest

from gaze_pipeline.library import reading, scan
from gaze_pipeline.library.fingerprint import fingerprint
from tests.support.shelf import Shelf

SETTLE_S = 60.0


class Clock:
    """Time as the scan sees it; files get the dates of the real clock."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return now() + self.ahead

    def monotonic(self) -> float:
        return monotonic()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (scan, reading):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, settle_s=SETTLE_S)


def waiting(shelf: Shelf) -> list[Path]:
    return [file.path for file in shelf.catalog.unstable.all()]


def test_a_fresh_file_waits_and_is_due_by_itself(shelf: Shelf, clock: Clock) -> None:
    film = shelf.one / "film.mp4"
    film.write_bytes(b"half a fi")
    assert shelf.scan().unstable == [film]
    assert waiting(shelf) == [film]
    assert shelf.videos() == {}
    clock.ahead = SETTLE_S + 1
    assert film in shelf.catalog.touched.due(clock.time(), 10)
    assert shelf.scan().new == [film]
    assert waiting(shelf) == []


def test_a_date_in_the_future_waits_until_it_was_seen_to_stand_still(
    shelf: Shelf, clock: Clock
) -> None:
    film = shelf.one / "film.mp4"
    film.write_bytes(b"film")
    os.utime(film, (4e9, 4e9))
    assert shelf.scan().unstable == [film]
    clock.ahead = SETTLE_S + 1
    assert shelf.scan().new == [film]


def test_a_file_that_grows_under_an_old_date_waits(shelf: Shelf, clock: Clock) -> None:
    film = shelf.one / "film.mp4"
    for body in (b"ha", b"half a film"):
        film.write_bytes(body)
        os.utime(film, (1000, 1000))
        assert shelf.scan().unstable == [film]
    assert shelf.registered == []
    clock.ahead = SETTLE_S + 1
    assert shelf.scan().new == [film]


def test_a_rename_does_not_wait(shelf: Shelf, clock: Clock) -> None:
    film = shelf.one / "film.mp4"
    film.write_bytes(b"film")
    os.utime(film, (1000, 1000))
    clock.ahead = SETTLE_S + 1
    shelf.scan()
    clock.ahead = 0
    renamed = film.rename(shelf.one / "renamed.mp4")
    assert shelf.scan().moved == [(film, renamed)]


@pytest.mark.parametrize("during", ["reading", "probing"])
def test_a_file_that_changes_while_it_is_taken_up_waits(
    shelf: Shelf, clock: Clock, monkeypatch: pytest.MonkeyPatch, during: str
) -> None:
    film = shelf.one / "film.mp4"
    film.write_bytes(b"film")
    clock.ahead = SETTLE_S + 1

    def grow(path: Path) -> None:
        with path.open("ab") as file:
            file.write(b" and more")

    def reads(path: Path) -> str:
        found = fingerprint(path)
        grow(path)
        return found

    def probes(_: str, path: Path) -> int:
        grow(path)
        return 1000

    with monkeypatch.context() as patched:
        if during == "reading":
            patched.setattr(reading, "fingerprint", reads)
        else:
            patched.setattr(shelf, "register", probes)
        assert shelf.scan().unstable == [film]
    assert shelf.catalog.videos.all() == []
    clock.ahead *= 2
    assert shelf.scan().new == [film]


def test_a_known_video_stays_while_its_file_is_written_anew(shelf: Shelf, clock: Clock) -> None:
    film = shelf.one / "film.mp4"
    film.write_bytes(b"film")
    clock.ahead = SETTLE_S + 1
    shelf.scan()
    before = shelf.videos()
    clock.ahead = 0
    film.write_bytes(b"the director's")
    assert shelf.scan().unstable == [film]
    assert shelf.videos() == before
    clock.ahead = SETTLE_S + 1
    assert shelf.scan().changed == [film]
    assert shelf.videos() != before


def test_a_move_to_another_disk_waits_for_the_copy(shelf: Shelf, clock: Clock) -> None:
    source, target = shelf.one / "film.mp4", shelf.two / "film.mp4"
    source.write_bytes(b"film")
    clock.ahead = SETTLE_S + 1
    shelf.scan()
    clock.ahead = 0
    target.write_bytes(b"film")
    source.unlink()
    report = shelf.scan()
    assert (report.unstable, report.deleted) == ([target], [])
    assert len(shelf.catalog.videos.all()) == 1
    clock.ahead = SETTLE_S + 1
    assert shelf.scan().moved == [(source, target)]
    assert list(shelf.videos()) == [target]


def test_a_copy_that_was_given_up_is_no_longer_waited_for(shelf: Shelf) -> None:
    film = shelf.one / "film.mp4"
    film.write_bytes(b"half a fi")
    shelf.scan()
    film.unlink()
    shelf.scan_touched(film)
    assert waiting(shelf) == []
