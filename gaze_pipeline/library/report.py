"""What a scan found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gaze_pipeline.errors import GazeError


@dataclass(frozen=True)
class Offline:
    """A library's folder, or one inside it, whose disk is not there: what is known of it is kept."""

    library: str
    folder: Path
    reason: str


@dataclass
class ScanReport:
    """What a scan found, by kind of change. A path stands in one list only.

    `moved` holds (from, to); `returned` are videos that were gone and are back, under whatever name;
    `forgotten` are files of videos that a user had forgotten: they are left out.
    """

    new: list[Path] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)
    moved: list[tuple[Path, Path]] = field(default_factory=list)
    duplicate: list[Path] = field(default_factory=list)
    returned: list[Path] = field(default_factory=list)
    deleted: list[Path] = field(default_factory=list)
    forgotten: list[Path] = field(default_factory=list)
    unstable: list[Path] = field(default_factory=list)
    unreadable: list[tuple[Path, GazeError]] = field(default_factory=list)
    offline: list[Offline] = field(default_factory=list)
    unchanged: int = 0
    left_over: int = 0

    @property
    def changes(self) -> int:
        """How many files are not as they were."""
        lists = (self.new, self.changed, self.moved, self.duplicate, self.returned, self.deleted)
        return sum(len(items) for items in lists) + len(self.unreadable)
