"""The catalog: which files hold which video, how each stage of each video stands, which are copies.

One SQLite file in WAL mode, so that the page, the CLI and the sensors read while stages write. It can be
rebuilt from the folders and the artifacts at any time. Paths are stored as bytes: a file name need not be
valid Unicode.
"""

from __future__ import annotations

from pathlib import Path

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import EVERY_STAGE, Stage
from gaze_pipeline.store.catalog.agenda import Touched
from gaze_pipeline.store.catalog.copies import Copies
from gaze_pipeline.store.catalog.database import Database
from gaze_pipeline.store.catalog.files import Files
from gaze_pipeline.store.catalog.forgetting import Forgetting
from gaze_pipeline.store.catalog.libraries import Libraries
from gaze_pipeline.store.catalog.requests import Requests
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.store.catalog.stages import Stages
from gaze_pipeline.store.catalog.unstable import Unstable
from gaze_pipeline.store.catalog.videos import Videos

__all__ = ["Catalog"]


class Catalog:
    """Reads and writes the catalog; safe to use from several threads and processes.

    `wanted` are the stages that are not switched off: how a video stands depends on no others.
    """

    def __init__(self, path: Path, wanted: frozenset[Stage] = EVERY_STAGE) -> None:
        self._database = Database(path)
        self.files = Files(self._database)
        self.unstable = Unstable(self._database)
        self.touched = Touched(self._database)
        self.libraries = Libraries(self._database)
        self.videos = Videos(self._database, wanted)
        self.stages = Stages(self._database)
        self.requests = Requests(self._database)
        self.forgetting = Forgetting(self._database)
        self.copies = Copies(self._database)

    def refused(self) -> list[FileRow]:
        """The files that are no videos now: with what is wrong, or still being written."""
        found = {file.path: file for file in self.files.refused()}
        for file in self.unstable.all():
            found[file.path] = FileRow(
                file.path,
                file.library,
                file.size,
                file.mtime_ns,
                error_code=ErrorCode.FILE_UNSTABLE,
            )
        return list(found.values())

    def limit(self, code: ErrorCode) -> int | None:
        """The limit that was in force when something last could fail with this code."""
        return self._database.counter(f"limit of {code.name}")

    def note_limit(self, code: ErrorCode, limit: int) -> None:
        """This limit is in force now."""
        self._database.set_counter(f"limit of {code.name}", limit)

    def revision(self) -> int:
        """A number that grows with every change that a new snapshot would show."""
        return self._database.revision()

    def outrun(self, revision: int) -> None:
        """Make the revision larger than this one, so that what was published under it is out of date."""
        self._database.outrun(revision)
