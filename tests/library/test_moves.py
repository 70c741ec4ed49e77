"""Names that change while videos stay: nothing is taken up twice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gaze_pipeline.settings import Library, Settings
from tests.support.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def film(path: Path, body: bytes, at: int | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    if at is not None:
        os.utime(path, (at, at))
    return path


def test_three_names_rotate(shelf: Shelf) -> None:
    a, b, c = (film(shelf.one / f"{name}.mp4", name.encode() * 9) for name in "abc")
    shelf.scan()
    before = shelf.videos()
    a.rename(shelf.one / "aside")
    b.rename(a)
    c.rename(b)
    (shelf.one / "aside").rename(c)
    report = shelf.scan()
    assert sorted(report.moved) == [(a, c), (b, a), (c, b)]
    assert shelf.videos() == {a: before[b], b: before[c], c: before[a]}
    assert len(shelf.registered) == 3


def test_names_of_one_size_and_date_that_swap_are_told_apart(shelf: Shelf) -> None:
    a, b = film(shelf.one / "a.mp4", b"aaa", at=100), film(shelf.one / "b.mp4", b"bbb", at=100)
    shelf.scan()
    before = shelf.videos()
    a.rename(shelf.one / "aside")
    b.rename(a)
    (shelf.one / "aside").rename(b)
    shelf.scan()
    assert shelf.videos() == {a: before[b], b: before[a]}


def test_a_rename_onto_another_video_replaces_it(shelf: Shelf) -> None:
    a, b = film(shelf.one / "a.mp4", b"first"), film(shelf.one / "b.mp4", b"the second")
    shelf.scan()
    first = shelf.videos()[a]
    a.rename(b)
    assert shelf.scan().moved == [(a, b)]
    assert shelf.videos() == {b: first}


def test_a_copy_whose_original_is_deleted_is_a_move(shelf: Shelf) -> None:
    original = film(shelf.one / "film.mp4", b"film")
    shelf.scan()
    copy = shelf.two / "copy.mp4"
    shutil.copy(original, copy)
    os.utime(copy, (5, 5))
    original.unlink()
    assert shelf.scan().moved == [(original, copy)]


def test_a_folder_is_renamed(shelf: Shelf) -> None:
    for name in ("a", "b", "er/c"):
        film(shelf.one / "old" / f"{name}.mp4", name.encode())
    shelf.scan()
    (shelf.one / "old").rename(shelf.one / "new")
    report = shelf.scan_touched(shelf.one / "old", shelf.one / "new")
    assert len(report.moved) == 3
    assert report.deleted == []
    assert all(path.is_relative_to(shelf.one / "new") for path in shelf.videos())


@pytest.mark.parametrize("first", ["one", "two"])
def test_a_move_between_libraries_that_are_scanned_apart(shelf: Shelf, first: str) -> None:
    source = film(shelf.one / "film.mp4", b"film")
    shelf.scan()
    source.rename(shelf.two / "film.mp4")
    report = shelf.scan_only(first)
    if first == "two":
        assert report.moved == [(source, shelf.two / "film.mp4")]
    else:
        assert report.deleted == [source]
        assert shelf.scan_only("two").returned == [shelf.two / "film.mp4"]
    assert list(shelf.videos()) == [shelf.two / "film.mp4"]
    assert len(shelf.registered) == 1


def test_only_the_new_name_was_touched(shelf: Shelf) -> None:
    source = film(shelf.one / "film.mp4", b"film")
    shelf.scan()
    target = source.rename(shelf.one / "renamed.mp4")
    assert shelf.scan_touched(target).moved == [(source, target)]


def test_a_changed_case_is_a_rename(shelf: Shelf) -> None:
    source = film(shelf.one / "Film.MP4", b"film")
    shelf.scan()
    target = source.rename(shelf.one / "film.mp4")
    assert shelf.scan().moved == [(source, target)]


def test_a_changed_case_where_case_does_not_count(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS and Windows: the old name still leads to the file, only listings tell."""
    look = Path.stat

    def blind_to_case(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        try:
            return look(path, follow_symlinks=follow_symlinks)
        except FileNotFoundError:
            for other in path.parent.iterdir():
                if other.name.casefold() == path.name.casefold():
                    return look(other, follow_symlinks=follow_symlinks)
            raise

    monkeypatch.setattr(Path, "stat", blind_to_case)
    source = film(shelf.one / "Film.mp4", b"film")
    folder = film(shelf.one / "Deep" / "other.mp4", b"other").parent
    shelf.scan()
    target = source.rename(shelf.one / "film.mp4")
    assert source.exists()
    assert shelf.scan_touched(target).moved == [(source, target)]
    renamed = folder.rename(shelf.one / "deep")
    report = shelf.scan_touched(folder, renamed)
    assert report.moved == [(folder / "other.mp4", renamed / "other.mp4")]
    assert shelf.scan().changes == 0


def test_content_replaced_by_another_known_video(shelf: Shelf) -> None:
    a, b = film(shelf.one / "a.mp4", b"first"), film(shelf.one / "b.mp4", b"the second")
    shelf.scan()
    shutil.copy(a, b)
    report = shelf.scan()
    assert report.changed == [b]
    assert shelf.videos()[a] == shelf.videos()[b]


def test_a_date_alone_changes_nothing(shelf: Shelf) -> None:
    a = film(shelf.one / "a.mp4", b"first")
    shelf.scan()
    revision = shelf.catalog.revision()
    os.utime(a, (77, 77))
    report = shelf.scan()
    assert (report.changes, report.unchanged) == (0, 1)
    assert shelf.catalog.revision() == revision, "nothing is published for a date"


def test_a_video_that_was_gone_returns_without_being_taken_up(shelf: Shelf) -> None:
    a = film(shelf.one / "a.mp4", b"first")
    shelf.scan()
    a.rename(shelf.one.parent / "elsewhere")
    assert shelf.scan().deleted == [a]
    assert shelf.catalog.videos.all() == []
    back = (shelf.one.parent / "elsewhere").rename(shelf.two / "back.mp4")
    assert shelf.scan().returned == [back]
    (video,) = shelf.catalog.videos.all()
    assert video.path == back
    assert len(shelf.registered) == 1


def test_of_two_copies_the_one_of_the_same_name_moved(shelf: Shelf) -> None:
    a, b = film(shelf.one / "a.mp4", b"film"), film(shelf.one / "b.mp4", b"film")
    shelf.scan()
    for path in (a, b):
        path.rename(shelf.two / path.name)
    assert sorted(shelf.scan().moved) == [(a, shelf.two / "a.mp4"), (b, shelf.two / "b.mp4")]


def test_a_library_with_a_new_name_keeps_its_files(shelf: Shelf) -> None:
    film(shelf.one / "a.mp4", b"film")
    shelf.scan()
    shelf.settings = Settings(
        root=shelf.settings.root,
        libraries=[Library(name="uno", path=shelf.one), shelf.settings.libraries[1]],
        scan=shelf.settings.scan,
    )
    report = shelf.scan()
    assert (report.changes, report.unchanged) == (0, 1)
    assert [file.library for file in shelf.catalog.files.all()] == ["uno"]


def test_a_move_waits_for_the_file_that_was_not_read_yet(shelf: Shelf) -> None:
    a, b = film(shelf.one / "a.mp4", b"first"), film(shelf.one / "b.mp4", b"other")
    shelf.scan()
    a.rename(shelf.two / "a.mp4")
    b.rename(shelf.two / "b.mp4")
    report = shelf.scan(at_most_s=0)
    assert (len(report.moved), report.left_over, report.deleted) == (1, 1, [])
    assert len(shelf.catalog.videos.all()) == 2
    rest = shelf.scan_touched(at_most_s=0)
    assert (len(rest.moved), rest.left_over, rest.deleted) == (1, 0, [])
    assert sorted(shelf.videos()) == [shelf.two / "a.mp4", shelf.two / "b.mp4"]
