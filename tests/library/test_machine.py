"""Any sequence of file operations, scanned at any point, against a simple model of the library."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library import reading
from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.library.report import ScanReport
from gaze_pipeline.store.catalog.rows import FileRow
from tests.support.shelf import Shelf

BODIES = [b"first", b"other", b"third", b"a long film", b"bad", b"bad, too", b"film A", b"film B"]
"""Contents, several of one size."""

libraries = st.sampled_from(["one", "two"])
names = st.sampled_from(
    ["a.mp4", "b.mp4", "B.MP4", "c.mkv", "deep/a.mp4", "deep/d.mp4", "deep/er/e.mp4", "notes.txt"]
)
places = st.tuples(libraries, names)
bodies = st.sampled_from(BODIES)


class Files(RuleBasedStateMachine):
    """What is done to files between scans; after each scan the catalog must be as the disk is."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="gaze-machine-"))
        self.shelf = Shelf(self.root)
        self.closed: set[Path] = set()
        self.clock = count(1_000_000_000)
        self.kept: dict[str, dict[Path, str | None]] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    # What a user does

    @rule(place=places, body=bodies, old=st.booleans())
    def write(self, place: tuple[str, str], body: bytes, old: bool) -> None:
        path = self.at(place)
        if self.online(path) and not path.is_symlink():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            self.date(path, 999 if old else None)
            self.touched(path)

    @rule(place=places)
    def append(self, place: tuple[str, str]) -> None:
        path = self.at(place)
        if path.is_file() and not path.is_symlink():
            with path.open("ab") as file:
                file.write(b" and more")
            self.touched(path)

    @rule(source=places, to=places)
    def rename(self, source: tuple[str, str], to: tuple[str, str]) -> None:
        self.move(self.at(source), self.at(to))

    @rule(one=places, other=places)
    def swap(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        first, second = self.at(one), self.at(other)
        if first.exists() and second.exists() and first != second:
            aside = self.root / "aside"
            first.rename(aside)
            second.rename(first)
            aside.rename(second)
            self.touched(first, second)

    @rule(three=st.lists(places, min_size=3, max_size=3, unique=True))
    def rotate(self, three: list[tuple[str, str]]) -> None:
        paths = [self.at(place) for place in three]
        if all(path.exists() for path in paths):
            aside = self.root / "aside"
            paths[0].rename(aside)
            paths[1].rename(paths[0])
            paths[2].rename(paths[1])
            aside.rename(paths[2])
            self.touched(*paths)

    @rule(library=libraries, to=st.sampled_from(["b.mp4", "B.MP4"]))
    def change_case(self, library: str, to: str) -> None:
        self.move(self.at((library, "B.MP4" if to == "b.mp4" else "b.mp4")), self.at((library, to)))

    @rule(source=places, to=places, dated=st.booleans())
    def copy(self, source: tuple[str, str], to: tuple[str, str], dated: bool) -> None:
        here, there = self.at(source), self.at(to)
        if here.is_file() and self.online(there) and here != there and not there.is_symlink():
            there.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copy2 if dated else shutil.copy)(here, there)
            self.touched(there)

    @rule(place=places)
    def delete(self, place: tuple[str, str]) -> None:
        path = self.at(place)
        if path.exists() or path.is_symlink():
            path.unlink()
            self.touched(path)

    @rule(place=places)
    def touch(self, place: tuple[str, str]) -> None:
        path = self.at(place)
        if path.exists():
            self.date(path)
            self.touched(path)

    @rule(source=libraries, to=libraries, name=st.sampled_from(["deep", "deeper", "Deep"]))
    def move_folder(self, source: str, to: str, name: str) -> None:
        self.move(self.shelf_of(source) / "deep", self.shelf_of(to) / name)

    @rule(library=libraries, name=st.sampled_from(["deeper", "Deep"]))
    def move_folder_back(self, library: str, name: str) -> None:
        self.move(self.shelf_of(library) / name, self.shelf_of(library) / "deep")

    @rule(source=places, to=places)
    def link(self, source: tuple[str, str], to: tuple[str, str]) -> None:
        here, there = self.at(source), self.at(to)
        if here.is_file() and not here.is_symlink() and self.online(there) and not there.exists():
            there.unlink(missing_ok=True)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(here)
            self.touched(there)

    @rule(library=libraries, emptied=st.booleans())
    def unplug(self, library: str, emptied: bool) -> None:
        root = self.shelf_of(library)
        if self.online(root):
            self.kept[library] = self.known(library)
            root.rename(self.away(library))
            if emptied:
                root.mkdir()
            self.touched(root)

    @rule(library=libraries)
    def plug_in(self, library: str) -> None:
        root = self.shelf_of(library)
        if not self.online(root):
            if root.exists():
                root.rmdir()
            self.away(library).rename(root)
            del self.kept[library]
            self.touched(root)

    @rule(place=places)
    def close(self, place: tuple[str, str]) -> None:
        self.closed.add(self.at(place))

    @rule()
    def open_all(self) -> None:
        self.touched(*self.closed)
        self.closed.clear()

    # What Gaze does

    @rule()
    def scan(self) -> None:
        with self.checked() as reports:
            reports.append(self.shelf.scan())

    @rule()
    def scan_touched(self) -> None:
        with self.checked() as reports:
            reports.append(self.shelf.scan_touched())

    @rule(library=libraries)
    def scan_one(self, library: str) -> None:
        with self.doors():
            self.shelf.scan_only(library)

    @rule()
    def scan_a_little(self) -> None:
        with self.doors():
            self.shelf.scan_touched(at_most_s=0)

    @rule(library=libraries)
    def die_in_a_scan(self, library: str) -> None:
        """Whatever was written by then, the next scan goes on from there."""
        calls = count()
        record = self.shelf.catalog.files.record

        def dying(*args: object, **options: object) -> None:
            if next(calls) == 1:
                raise KeyboardInterrupt
            record(*args, **options)  # type: ignore[arg-type]

        with self.doors(), patch.object(self.shelf.catalog.files, "record", dying):
            try:
                self.shelf.scan_only(library)
            except KeyboardInterrupt:
                taken_up = self.shelf.catalog.videos.registered(self.shelf.registered)
                self.shelf.registered = sorted(taken_up)
                self.touched(self.shelf_of(library))

    # What must hold

    @invariant()
    def no_video_is_taken_up_twice(self) -> None:
        assert len(self.shelf.registered) == len(set(self.shelf.registered))

    @invariant()
    def what_is_offline_is_kept(self) -> None:
        for library, kept in self.kept.items():
            assert self.known(library) == kept

    # The model

    @contextmanager
    def checked(self) -> Iterator[list[ScanReport]]:
        """Compare catalog and report with the disk after a scan that left nothing out."""
        before = {row.path: row for row in self.shelf.catalog.files.all()}
        expected = {
            path: video
            for library in ("one", "two")
            for path, video in self.expected(library, before).items()
        }
        reports: list[ScanReport] = []
        with self.doors():
            yield reports
        after = self.shelf.videos()
        assert after == expected
        self.compare_report(reports[0], before, after)

    def expected(self, library: str, before: dict[Path, FileRow]) -> dict[Path, str | None]:
        """What the catalog is to know of a library: what lies there, or what it knew while offline."""
        if not self.online(self.shelf_of(library)):
            return {path: row.fingerprint for path, row in before.items() if row.library == library}
        found: dict[Path, str | None] = {}
        for path in self.shelf_of(library).rglob("*"):
            if not path.is_file() or path.suffix.lower() not in (".mp4", ".mkv"):
                continue
            if path in self.closed:
                row = before.get(path)
                found[path] = row.fingerprint if row else None
            else:
                found[path] = None if path.read_bytes().startswith(b"bad") else fingerprint(path)
        return found

    def compare_report(
        self, report: ScanReport, before: dict[Path, FileRow], after: dict[Path, str | None]
    ) -> None:
        """Every path is told once, and what is told is what happened."""
        was = {path: row.fingerprint for path, row in before.items()}
        came = {path for path, video in after.items() if video and was.get(path) != video}
        went = set(was) - set(after)
        moved_to = [to for _, to in report.moved]
        lists = [report.new, report.changed, report.duplicate, report.returned, moved_to]
        told = [path for paths in lists for path in paths]
        assert sorted(told) == sorted(came)
        moved_from = [source for source, _ in report.moved]
        assert len(moved_from) == len(set(moved_from))
        assert went == {*report.deleted, *(path for path in moved_from if path not in after)}
        assert all(was[source] == after[to] for source, to in report.moved)
        assert {offline.library for offline in report.offline} <= {
            library for library in ("one", "two") if not self.online(self.shelf_of(library))
        }
        assert not report.unstable
        assert report.left_over == 0

    @contextmanager
    def doors(self) -> Iterator[None]:
        """What was closed cannot be read; the tests' user may read everything."""

        def closed(path: Path) -> str:
            if path in self.closed:
                raise GazeError(ErrorCode.FILE_UNREADABLE, path)
            return fingerprint(path)

        with patch.object(reading, "fingerprint", closed):
            yield

    def at(self, place: tuple[str, str]) -> Path:
        library, name = place
        return self.shelf_of(library) / name

    def shelf_of(self, library: str) -> Path:
        return self.root / library

    def away(self, library: str) -> Path:
        return self.root / f"{library} unplugged"

    def known(self, library: str) -> dict[Path, str | None]:
        files = self.shelf.catalog.files.all(library)
        return {file.path: file.fingerprint for file in files}

    def online(self, path: Path) -> bool:
        library = path.relative_to(self.root).parts[0]
        return not self.away(library).exists()

    def move(self, source: Path, target: Path) -> None:
        if not source.exists() or not self.online(target) or source == target:
            return
        if source.is_dir() and target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        self.touched(source, target)

    def date(self, path: Path, at: int | None = None) -> None:
        seconds = next(self.clock) if at is None else at
        os.utime(path, (seconds, seconds))

    def touched(self, *paths: Path) -> None:
        """Tell of changes as the watcher does; see to it that a change of content can be told at all.

        Another content of the same size and date, that no known file brought, cannot. What a link to a
        file shows changes untold; here it is told, so that every scan can be held to the whole truth.
        """
        links = [link for link in self.root.rglob("*") if link.is_symlink()]
        targets = {link: link.readlink() for link in links}
        paths += tuple(
            link
            for link, target in targets.items()
            if not {target, *target.parents}.isdisjoint(paths)
        )
        rows = {row.path: row for row in self.shelf.catalog.files.all()}
        inodes = {row.inode for row in rows.values()}
        for path in paths:
            for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
                row = rows.get(file)
                if row and file.is_file() and not file.is_symlink():
                    stat = file.stat()
                    same = (row.size, row.mtime_ns) == (stat.st_size, stat.st_mtime_ns)
                    if same and (stat.st_ino == row.inode or stat.st_ino not in inodes):
                        self.date(file)
        self.shelf.catalog.touched.add(paths, 0.0)


Files.TestCase.settings = settings(
    max_examples=int(os.environ.get("GAZE_MACHINE_EXAMPLES", "60")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestFiles = Files.TestCase
