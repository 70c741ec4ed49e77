"""Copies of real videos, made at run time, among videos that only look alike: which are told, how exactly.

Lookalikes are disjoint parts of one take of one room, and all the other videos.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from rich.table import Table

from gaze_pipeline.duplicates.report import groups
from gaze_pipeline.settings import ChannelSettings, Library, ModelSettings, ScanSettings, Settings
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace
from tests.conftest import SHARED_MEDIA
from tests.support.copies import Treatment, copied

ORIGINALS = (
    *("sam2_01_dog.mp4", "sam2_02_cups.mp4", "sam2_04_coffee.mp4", "moviepy_chaplin.mp4"),
    *("moviepy_big_buck_bunny_0_30.webm", "intel_bottle-detection.mp4"),
)
TREATMENTS = {
    "messenger.webm": Treatment(height=144),
    "trimmed.mp4": Treatment(start_s=2.3, end_s=9.6),
    "bars.mp4": Treatment(height=160, bars=14),
    "cropped.mkv": Treatment(crop=0.04, quality=30),
}
ROOM = "intel_one-by-one-person.mp4"
PARTS_S = ((0, 24), (26, 50), (52, 76))
"""What is cut out of the room as lookalikes of each other."""
Pair = frozenset[str]


@dataclass(frozen=True)
class CopyFigures:
    """Shares of copies that are told by treatment; pairs that are none; how far offsets are off, ms."""

    told: dict[str, float]
    copies: int
    false_pairs: int
    lookalikes: int
    offset_off_ms: float


def of_real_videos(models: ModelSettings) -> CopyFigures | None:
    """The figures; None where the shared media are not beside this checkout."""
    if not SHARED_MEDIA.is_dir():
        return None
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "films"
        folder.mkdir()
        truth = dict(made(folder))
        workspace = indexed(Path(place) / "data", folder, models)
        told = dict(_told(Snapshot.open(workspace.paths)))
        videos = sorted(path.name for path in folder.iterdir())
    expected = {
        pair for pair in map(frozenset, combinations(videos, 2)) if len({*map(_film, pair)}) == 1
    }
    right = {
        name: np.mean([frozenset((film, f"{_film(film)}-{name}")) in told for film in truth])
        for name in TREATMENTS
    }
    off = [abs(told[pair] - offset) for pair, offset in _offsets(truth).items() if pair in told]
    every = len(videos) * (len(videos) - 1) // 2
    return CopyFigures(
        told={name: float(share) for name, share in right.items()},
        copies=len(truth) * len(TREATMENTS),
        false_pairs=len(told.keys() - expected),
        lookalikes=every - len(expected),
        offset_off_ms=float(np.median(off)) if off else 0.0,
    )


def table(figures: CopyFigures) -> Table:
    """The figures, to be printed."""
    shown = Table(f"copies told, {figures.copies}", "", box=None)
    for name, share in figures.told.items():
        shown.add_row(name, f"{share:.0%}")
    shown.add_row(f"taken for copies, of {figures.lookalikes} pairs", str(figures.false_pairs))
    shown.add_row("offset off by, median", f"{figures.offset_off_ms:.0f} ms")
    return shown


def made(folder: Path) -> Iterator[tuple[str, Path]]:
    """Originals and their copies, and the parts of the room; gives the originals."""
    for name in ORIGINALS:
        original = folder / name
        original.write_bytes((SHARED_MEDIA / "video" / name).read_bytes())
        for treatment, done in TREATMENTS.items():
            copied(original, folder / f"{_film(name)}-{treatment}", done)
        yield name, original
    for number, (start_s, end_s) in enumerate(PARTS_S):
        part = Treatment(start_s, end_s, height=240, quality=23)
        copied(SHARED_MEDIA / "video" / ROOM, folder / f"room{number}.mp4", part)


def _film(name: str) -> str:
    """Which film a file holds: the parts of the room are films of their own."""
    return (
        Path(name).stem.rsplit("-", 1)[0] if name.split("-")[-1] in TREATMENTS else Path(name).stem
    )


def indexed(root: Path, folder: Path, models: ModelSettings) -> Workspace:
    """A data root over a folder, all of it seen and compared."""
    workspace = Workspace.open(
        Settings(
            root=root,
            libraries=[Library(name="films", path=folder)],
            models=models,
            scan=ScanSettings(settle_s=0),
            channels=ChannelSettings(speech=False, labels=False, text=False, meaning=False),
        )
    )
    scan_libraries(workspace)
    index(workspace, Watcher())
    return workspace


def _told(snapshot: Snapshot) -> Iterator[tuple[Pair, float]]:
    """Each original and copy that are told, and what is to be added to a time of the copy, ms."""
    for group in groups(snapshot):
        original = Path(group.original.paths[0]).name
        for copy in group.copies:
            yield frozenset((original, Path(copy.video.paths[0]).name)), copy.offset_ms


def _offsets(truth: dict[str, Path]) -> dict[Pair, float]:
    """How far each copy begins after its original, ms."""
    return {
        frozenset((original, f"{_film(original)}-{name}")): 1000 * treatment.start_s
        for original in truth
        for name, treatment in TREATMENTS.items()
    }
