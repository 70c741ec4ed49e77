"""Reading published snapshots: read-only, from many threads, always the newest."""

from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import numpy.typing as npt
import pyarrow as pa

from gaze_pipeline.duplicates.families import Family
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store import snapshot_files as files
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.snapshot_columns import Columns, videos_of
from gaze_pipeline.store.snapshot_copies import read_families
from gaze_pipeline.store.snapshot_corpus import SPOKEN, WRITTEN, Corpus
from gaze_pipeline.store.snapshot_files import SnapshotInfo
from gaze_pipeline.store.snapshot_words import Words
from gaze_pipeline.store.vectors import VectorReader

T = TypeVar("T")
_ATTEMPTS = 3
_ANSWERS = 32
LET_GO_S = 2.0
"""How often it is looked whether a snapshot that is open was superseded."""


class Snapshot:
    """One published snapshot. Stays readable while newer ones are published."""

    def __init__(self, paths: DataPaths, info: SnapshotInfo) -> None:
        self.info = info
        self._paths = paths
        self._lock = threading.Lock()
        self._readers: dict[str, VectorReader] = {}
        self._once: OrderedDict[Hashable, Any] = OrderedDict()
        path = files.file_of(paths, info.number)
        if info.layout != files.LAYOUT:
            raise GazeError(ErrorCode.INDEX_OUTDATED, path)
        try:
            self._db = files.connect(path, read_only=True)
            # The queries are so short that sharing one between threads costs more.
            self._db.execute("SET threads = 1")
            self._db.execute("SELECT number FROM meta").fetchone()
        except duckdb.Error as error:
            raise GazeError(ErrorCode.INDEX_CORRUPT, path, str(error)) from error

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
        """The rows of a query with named parameters; `tables` join in under their names.

        Any thread may ask. Raises GazeError(INDEX_CORRUPT) when the file cannot be read.
        """
        with self._asked(query, values, tables) as cursor:
            return cursor.fetchall()

    def arrays(
        self, query: str, values: Mapping[str, Any] | None = None
    ) -> dict[str, npt.NDArray[Any]]:
        """The columns of a query, which hold no NULL, by name. Raises as `rows` does."""
        with self._asked(query, values or {}, {}) as cursor:
            return cursor.fetchnumpy()

    @contextmanager
    def _asked(
        self, query: str, values: Mapping[str, Any] | None, tables: Mapping[str, pa.Table]
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with self._db.cursor() as cursor:
                for name, table in tables.items():
                    cursor.register(name, table)
                yield cursor.execute(query, values)
        except (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException) as error:
            path = files.file_of(self._paths, self.info.number)
            raise GazeError(ErrorCode.INDEX_CORRUPT, path, str(error)) from error

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once for a key: a snapshot never changes. The latest ones are kept."""
        with self._lock:
            if key in self._once:
                self._once.move_to_end(key)
                kept: T = self._once[key]
                return kept
        made = make()
        with self._lock:
            self._once[key] = made
            while len(self._once) > _ANSWERS:
                self._once.popitem(last=False)
        return made

    def thumbnail(self, fingerprint: str, frame_index: int) -> Path:
        """Where the picture of a frame lies, unless its video was forgotten meanwhile."""
        return self._paths.thumbnail(fingerprint, frame_index)

    @cached_property
    def spoken(self) -> Corpus:
        """What is said, line by line."""
        columns = self.columns
        words = Words(self.arrays, SPOKEN)
        return Corpus(self, SPOKEN, words, columns.lines, columns.line_videos)

    @cached_property
    def written(self) -> Corpus:
        """What is written on the screen, line by line."""
        runs = self.columns.texts
        return Corpus(self, WRITTEN, Words(self.arrays, WRITTEN), runs, videos_of(runs))

    @cached_property
    def columns(self) -> Columns:
        """What every query needs of each line and frame."""
        return Columns(self.arrays)

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


class SnapshotPool:
    """Hands out the newest snapshot; a new publication is noticed at the next call.

    Without any call, a superseded snapshot is let go within seconds: what was forgotten must not live
    on in an open file.
    """

    def __init__(self, paths: DataPaths) -> None:
        self._paths = paths
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._watched = False

    def latest(self) -> Snapshot:
        """The current snapshot. Raises GazeError(INDEX_MISSING | INDEX_CORRUPT)."""
        number = files.current_number(self._paths)
        with self._lock:
            if self._snapshot is None or self._snapshot.info.number != number:
                self._snapshot = Snapshot.open(self._paths)
            if not self._watched:
                self._watched = True
                pool = weakref.ref(self)
                threading.Thread(target=_watch, args=(pool,), name="snapshots", daemon=True).start()
            return self._snapshot

    def let_go(self) -> None:
        """Close the snapshot that was handed out last if it is no longer the current one."""
        with suppress(GazeError):
            number = files.current_number(self._paths)
            with self._lock:
                if self._snapshot is not None and self._snapshot.info.number != number:
                    self._snapshot = None


def _watch(pool: weakref.ref[SnapshotPool]) -> None:
    while True:
        time.sleep(LET_GO_S)
        held = pool()
        if held is None:
            return
        held.let_go()
        del held
