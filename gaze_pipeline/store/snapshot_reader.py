"""Reading published snapshots: read-only, from many threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt
import pyarrow as pa

from gaze_pipeline.duplicates.families import Family
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.snapshot_columns import Columns
from gaze_pipeline.store.snapshot_copies import read_families
from gaze_pipeline.store.snapshot_corpus import SPOKEN, WRITTEN, Corpus
from gaze_pipeline.store.snapshot_database import Database
from gaze_pipeline.store.snapshot_files import SnapshotInfo
from gaze_pipeline.store.snapshot_words import Words
from gaze_pipeline.store.vectors import VectorReader

T = TypeVar("T")
_ATTEMPTS = 3
_ANSWERS = 64


class Snapshot:
    """One published snapshot. Stays readable while newer ones are published.

    Nothing that it keeps refers to it in turn, so that its files are closed with the last use of it.
    """

    def __init__(self, paths: DataPaths, info: SnapshotInfo) -> None:
        self.info = info
        self._paths = paths
        self._lock = threading.Lock()
        self._readers: dict[str, VectorReader] = {}
        self._once: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        path = files.file_of(paths, info.number)
        if info.layout != files.LAYOUT:
            raise GazeError(ErrorCode.INDEX_OUTDATED, path)
        self._db = Database(path)

    @classmethod
    def open(cls, paths: DataPaths) -> Snapshot:
        """The current snapshot. Raises GazeError(INDEX_MISSING | INDEX_OUTDATED | INDEX_CORRUPT)."""
        for attempt in range(_ATTEMPTS):
            info = files.current(paths)
            if info is None:
                raise GazeError(ErrorCode.INDEX_MISSING, paths.index)
            try:
                return cls(paths, info)
            except GazeError:  # replaced twice since the pointer was read?
                if attempt == _ATTEMPTS - 1 or files.current(paths) == info:
                    raise
        raise AssertionError("unreachable")

    def rows(
        self, query: str, values: Mapping[str, Any] | None = None, **tables: pa.Table
    ) -> list[Any]:
        """The rows of a query; see `Database.rows`."""
        return self._db.rows(query, values, **tables)

    def arrays(
        self, query: str, values: Mapping[str, Any] | None = None
    ) -> dict[str, npt.NDArray[Any]]:
        """The columns of a query; see `Database.arrays`."""
        return self._db.arrays(query, values)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once for a key: a snapshot never changes. The latest ones are kept.

        Whoever asks meanwhile waits; where `make` raises, all of them are told, and the next one tries again.
        """
        with self._lock:
            wanted = self._once.get(key)
            made: Future[T] = Future() if wanted is None else wanted
            self._once[key] = made
            self._once.move_to_end(key)
            while len(self._once) > _ANSWERS:
                self._once.popitem(last=False)
        if wanted is None:
            try:
                made.set_result(make())
            except BaseException as error:
                with self._lock:
                    self._once.pop(key, None)
                made.set_exception(error)
                raise
        return made.result()

    def thumbnail(self, fingerprint: str, frame_index: int) -> Path:
        """Where the picture of a frame lies, unless its video was forgotten meanwhile."""
        return self._paths.thumbnail(fingerprint, frame_index)

    @property
    def spoken(self) -> Corpus:
        """What is said, line by line."""
        columns = self.columns
        return Corpus(self, SPOKEN, self._spoken, columns.lines, columns.line_videos)

    @property
    def written(self) -> Corpus:
        """What is written on the screen, line by line."""
        columns = self.columns
        return Corpus(self, WRITTEN, self._written, columns.texts, columns.text_videos)

    @cached_property
    def _spoken(self) -> Words:
        return Words(self._db.arrays, SPOKEN)

    @cached_property
    def _written(self) -> Words:
        return Words(self._db.arrays, WRITTEN)

    @cached_property
    def columns(self) -> Columns:
        """What every query needs of each line and frame."""
        return Columns(self._db.arrays)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages spoken in it."""
        return frozenset(code for (code,) in self.rows("SELECT DISTINCT language FROM segments"))

    @cached_property
    def written_languages(self) -> frozenset[str]:
        """The languages whose word forms texts on screen are found by."""
        return frozenset(code for (code,) in self.rows("SELECT DISTINCT language FROM texts"))

    @cached_property
    def labels(self) -> frozenset[str]:
        """The labels detected in it."""
        return frozenset(label for (label,) in self.rows("SELECT DISTINCT label FROM detections"))

    @cached_property
    def families(self) -> list[Family]:
        """The videos that share content: originals with their copies."""
        return read_families(self.rows)

    @cached_property
    def unheard(self) -> frozenset[str]:
        """The videos whose speech is not in it."""
        return self._without("transcript_reason")

    @cached_property
    def unseen(self) -> frozenset[str]:
        """The videos whose frames are not in it."""
        return self._without("visual_reason")

    @cached_property
    def unread(self) -> frozenset[str]:
        """The videos whose text on screen is not in it."""
        return self._without("text_reason")

    @cached_property
    def unmeant(self) -> frozenset[str]:
        """The videos of whose lines it is not known what they mean."""
        return self._without("meaning_reason")

    @cached_property
    def blindness(self) -> str | None:
        """The commonest reason, an error code or a state, why frames are missing."""
        rows = self.rows("SELECT mode(visual_reason) FROM videos")
        return str(rows[0][0]) if rows[0][0] is not None else None

    @cached_property
    def literalness(self) -> str | None:
        """The commonest reason why it is not known what lines mean."""
        rows = self.rows("SELECT mode(meaning_reason) FROM videos")
        return str(rows[0][0]) if rows[0][0] is not None else None

    def _without(self, column: str) -> frozenset[str]:
        rows = self.rows(f"SELECT fingerprint FROM videos WHERE {column} IS NOT NULL")
        return frozenset(fingerprint for (fingerprint,) in rows)

    @property
    def vectors(self) -> VectorReader | None:
        """The frame vectors of this snapshot, None when it has none.

        Raises GazeError(INDEX_CORRUPT) when they cannot be opened.
        """
        return self._reader(self.info.vector_table, self.info.vector_version)

    @property
    def meanings(self) -> VectorReader | None:
        """The vectors of its lines, None when it has none. Raises as `vectors` does."""
        return self._reader(self.info.meaning_table, self.info.meaning_version)

    def _reader(self, table: str | None, version: int | None) -> VectorReader | None:
        if table is None or version is None:
            return None
        with self._lock:
            if table not in self._readers:
                self._readers[table] = VectorReader(self._paths, table, version)
            return self._readers[table]
