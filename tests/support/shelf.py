"""Two libraries of tiny files that count as videos, and a catalog that scans bring up to date."""

from __future__ import annotations

import time
from pathlib import Path

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.report import ScanReport
from gaze_pipeline.library.scan import scan
from gaze_pipeline.library.sight import Round, everywhere
from gaze_pipeline.settings import Library, ScanSettings, Settings
from gaze_pipeline.store.catalog import Catalog

MANY = 1_000_000


class Shelf:
    """A data root with libraries `one` and `two`, whose files count as videos unless they say `bad`."""

    def __init__(self, root: Path, settle_s: float = 0.0) -> None:
        self.one, self.two = root / "one", root / "two"
        for folder in (self.one, self.two):
            folder.mkdir()
            (folder / "keep.txt").write_text("so that the folder is not empty")
        self.settings = Settings(
            root=root / "data",
            libraries=[Library(name="one", path=self.one), Library(name="two", path=self.two)],
            scan=ScanSettings(settle_s=settle_s),
        )
        self.catalog = Catalog(self.settings.paths.catalog)
        self.registered: list[str] = []

    def scan(self, where: Round | None = None, at_most_s: float | None = None) -> ScanReport:
        """Scan everything, or what a round names."""
        return scan(self.settings, self.catalog, self.register, where, at_most_s)

    def scan_only(self, library: str) -> ScanReport:
        """Scan one library."""
        return self.scan(everywhere(self.settings, library))

    def scan_touched(self, *paths: Path, at_most_s: float | None = None) -> ScanReport:
        """Look at these paths and what else is due, as the folder sensor does."""
        now = time.time()
        self.catalog.touched.add(paths, now)
        return self.scan(Round((), tuple(self.catalog.touched.due(now, MANY))), at_most_s)

    def videos(self) -> dict[Path, str | None]:
        """Which video each known path holds."""
        return {file.path: file.fingerprint for file in self.catalog.files.all()}

    def codes(self) -> dict[Path, ErrorCode | None]:
        """What is wrong with each known path."""
        return {file.path: file.error_code for file in self.catalog.files.all()}

    def register(self, fingerprint: str, path: Path) -> int:
        """Take up a video, as `stages.register` does."""
        if path.read_bytes().startswith(b"bad"):
            raise GazeError(ErrorCode.NOT_A_VIDEO, path)
        self.registered.append(fingerprint)
        return 1000
