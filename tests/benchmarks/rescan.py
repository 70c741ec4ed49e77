"""How fast a library is looked through again: `python -m tests.benchmarks.rescan`.

The baseline of each row hashes every file of the library, as a scan would that trusts no date. The files
are sparse and in the cache, which flatters the baseline: on a disk it reads 128 KiB a file. Taking up a
video costs nothing here; `make bench` measures that. Prints a table and keeps it under results/.
"""

from __future__ import annotations

import gc
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.library.sight import walk_of
from gaze_pipeline.settings import Library, ScanSettings, Settings
from tests.benchmarks.machine import RESULTS, describe
from tests.support.shelf import Shelf

SIZES = (10_000, 100_000)
FOLDER = 100
BYTES = 200 * 1024
TRIES = 3


@dataclass(frozen=True)
class Row:
    """One measurement, in seconds; `read` is how many files were hashed."""

    files: int
    what: str
    seconds: float
    read: int
    baseline_s: float

    @property
    def ratio(self) -> float:
        """How many times faster than hashing everything."""
        return self.baseline_s / self.seconds


class ManyFiles(Shelf):
    """A shelf whose first library holds many sparse files, each with a content of its own."""

    def __init__(self, root: Path, files: int) -> None:
        super().__init__(root)
        self.paths = [self.one / f"{i // FOLDER:05}" / f"{i:06}.mp4" for i in range(files)]
        for number, path in enumerate(self.paths):
            path.parent.mkdir(exist_ok=True)
            write(path, number)

    def register(self, fingerprint: str, path: Path) -> int:
        """Take up a video for nothing."""
        return 1000


def main() -> None:
    """Measure both sizes; takes a few minutes."""
    rows: list[Row] = []
    for files in SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            rows += measure(Path(scratch), files)
    Console(width=100, highlight=False).print(table(rows))
    RESULTS.mkdir(exist_ok=True)
    kept = {**describe(), "rows": [asdict(row) | {"ratio": row.ratio} for row in rows]}
    (RESULTS / "rescan.json").write_text(json.dumps(kept, indent=1) + "\n")


def measure(scratch: Path, files: int) -> list[Row]:
    """All rows of one size."""
    shelf = ManyFiles(scratch, files)
    first = timed(shelf.scan)
    baseline = min(timed(lambda: hash_everything(shelf)) for _ in range(TRIES))
    rows = [Row(files, "first scan", first, files, baseline)]

    def add(what: str, read: int, change: Callable[[], object], scan: Callable[[], object]) -> None:
        times = []
        for _ in range(TRIES):
            change()
            times.append(timed(scan))
        rows.append(Row(files, what, min(times), read, baseline))

    paths, some = shelf.paths, shelf.paths[:: len(shelf.paths) // 100]
    add("nothing changed", 0, lambda: None, shelf.scan)
    add("100 changed", len(some), lambda: rewrite(some), shelf.scan)
    add("nothing touched", 0, lambda: None, shelf.scan_touched)
    touched = some[:10]
    add("10 touched", 10, lambda: rewrite(touched), lambda: shelf.scan_touched(*touched))
    folder, renamed = paths[-1].parent, paths[-1].parent.with_name("renamed")
    add(
        f"a folder of {FOLDER} renamed, touched",
        FOLDER,
        lambda: trade(folder, renamed),
        lambda: shelf.scan_touched(folder, renamed),
    )
    return rows


def hash_everything(shelf: Shelf) -> int:
    """The baseline: list the library and hash each file."""
    settings = Settings(
        root=shelf.settings.root,
        libraries=[Library(name="one", path=shelf.one)],
        scan=ScanSettings(settle_s=0),
    )
    walk = walk_of(settings.libraries[0], settings)
    return len({fingerprint(file.path) for file in walk.everything()})


def write(path: Path, number: int) -> None:
    """A file of `BYTES` that begins with a number."""
    with path.open("wb") as file:
        file.write(number.to_bytes(16, "big"))
        file.truncate(BYTES)


def rewrite(paths: list[Path]) -> None:
    """Give files another content."""
    for path in paths:
        write(path, time.time_ns())


def trade(one: Path, other: Path) -> None:
    """Rename a folder there or back."""
    source, target = (one, other) if one.exists() else (other, one)
    source.rename(target)


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(rows: list[Row]) -> Table:
    """The rows for people."""
    shown = Table(box=None, header_style="dim")
    for column in ("files", "what", "hashed", "s", "hashing all, s", "ratio"):
        shown.add_column(column, justify="left" if column == "what" else "right")
    for row in rows:
        shown.add_row(
            f"{row.files:,}",
            row.what,
            f"{row.read:,}",
            f"{row.seconds:.3f}",
            f"{row.baseline_s:.2f}",
            f"{row.ratio:.1f}",
        )
    return shown


if __name__ == "__main__":
    main()
