"""What a library lists, and under which path."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gaze_pipeline.library.walk import Walk
from gaze_pipeline.settings import Library


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("library/a.mp4", "library/deep/b.mp4", "library/.hidden/c.mp4", "outside/d.mp4"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "library"


def walk(root: Path, recursive: bool = True) -> Walk:
    library = Library(name="library", path=root, recursive=recursive)
    return Walk(library, (".mp4",), root.parent / "library" / "gaze data")


def listed(root: Path, recursive: bool = True) -> list[str]:
    return [str(file.path.relative_to(root)) for file in walk(root, recursive).everything()]


def test_hidden_files_stay_out_and_folders_come_in(root: Path) -> None:
    (root / ".film.mp4").write_bytes(b"")
    assert listed(root) == ["a.mp4", "deep/b.mp4"]
    assert listed(root, recursive=False) == ["a.mp4"]


def test_a_link_out_of_the_tree_is_followed_once(root: Path) -> None:
    (root / "link").symlink_to(root.parent / "outside")
    (root.parent / "outside" / "further").symlink_to(root.parent / "elsewhere")
    (root.parent / "elsewhere").mkdir()
    (root.parent / "elsewhere" / "e.mp4").write_bytes(b"")
    assert listed(root) == ["a.mp4", "deep/b.mp4", "link/d.mp4"]


@pytest.mark.parametrize("target", [".", "..", "deep", "/", "loop"])
def test_links_that_lead_back_or_above_end(root: Path, target: str) -> None:
    (root / "loop").symlink_to(root / target if target != "/" else "/")
    assert listed(root) == ["a.mp4", "deep/b.mp4"]


def test_links_to_files_are_files(root: Path) -> None:
    (root / "b.mp4").symlink_to(root.parent / "outside" / "d.mp4")
    (root / "c.mp4").symlink_to(root / "nowhere")
    assert listed(root) == ["a.mp4", "b.mp4", "deep/b.mp4"]


def test_a_library_that_is_itself_a_link(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    assert listed(link) == ["a.mp4", "deep/b.mp4"]
    assert walk(link).place(root / "deep") == link / "deep"


@pytest.mark.skipif(os.name == "nt", reason="paths are short on Windows")
def test_folders_deeper_than_python_recurses(root: Path) -> None:
    here = os.open(root, os.O_RDONLY)
    depth = 1200
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    try:
        assert listed(root)[0] == "a.mp4"
        deepest = root.joinpath(*"d" * depth, "film.mp4")
        place = walk(root).place(deepest)
        assert place == deepest
        assert list(walk(root).at(place)) == []
    finally:  # nor does shutil go down there
        subprocess.run(["rm", "-r", root / "d"], check=True)


@pytest.mark.parametrize(
    ("touched", "place"),
    [
        ("a.mp4", "a.mp4"),
        ("deep", "deep"),
        ("link/d.mp4", "link/d.mp4"),
        ("inside/b.mp4", "deep/b.mp4"),
        ("link/back/b.mp4", "deep/b.mp4"),
        ("gone/for/good.mp4", "gone/for/good.mp4"),
        (".hidden/c.mp4", None),
        ("link/further/e.mp4", None),
        ("hidden/c.mp4", None),
    ],
)
def test_a_touched_path_is_looked_at_where_it_is_listed(
    root: Path, touched: str, place: str | None
) -> None:
    (root / "link").symlink_to(root.parent / "outside")
    (root / "inside").symlink_to(root / "deep")
    (root / "hidden").symlink_to(root / ".hidden")
    (root.parent / "outside" / "back").symlink_to(root / "deep")
    (root.parent / "outside" / "further").symlink_to(root.parent / "elsewhere")
    (root.parent / "elsewhere").mkdir()
    found = walk(root).place(root / touched)
    assert found == (root / place if place else None)
    if found:
        part = list(walk(root).at(found))
        assert part == [
            file for file in walk(root).everything() if found in (file.path, *file.path.parents)
        ]


def test_places_outside_or_below_a_flat_library_are_none(root: Path) -> None:
    assert walk(root).place(root.parent / "outside" / "d.mp4") is None
    assert walk(root, recursive=False).place(root / "deep" / "b.mp4") is None
    assert list(walk(root, recursive=False).at(root / "deep")) == []


def test_the_data_root_inside_a_library_is_passed_by(root: Path) -> None:
    clip = root / "gaze data" / "clips" / "clip.mp4"
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"made by Gaze")
    (root / "link").symlink_to(root / "gaze data")
    (root / "clips").symlink_to(clip.parent)
    assert listed(root) == ["a.mp4", "deep/b.mp4"]
    assert walk(root).place(clip) is None
    assert walk(root).place(root / "link" / "clips" / "clip.mp4") is None
    inside = Walk(Library(name="demo", path=clip.parent), (".mp4",), root / "gaze data")
    assert [file.path for file in inside.everything()] == [clip]


def test_names_are_told_apart_by_every_byte(root: Path) -> None:
    assert walk(root).lists(root / "a.mp4")
    assert not walk(root).lists(root / "A.mp4")
    assert not walk(root).lists(root / "Deep" / "b.mp4")
