"""Reading vectors: one LanceDB table, at the version that a snapshot names."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cached_property, partial
from types import ModuleType
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.read_ahead import read_ahead
from gaze_pipeline.store.vector_rows import Columns, Rows
from gaze_pipeline.store.vector_tables import family_of, vector_files

T = TypeVar("T")
METRIC: Final = "l2"
"""What a vector index is built by: partitions by distance are even, those by dot product are not."""
_LENGTH = 2.0
"""Queries are made this long, which leaves the order of unit vectors as it is, but picks partitions by
their direction: texts lie far from all pictures, so that else loose partitions look near."""
_PARTITIONS = 64
"""How many partitions of an index are searched; more where a filter leaves too few frames in them."""
_REREAD = 500
"""So many of the nearest by an index, or all that are wanted, are judged by their whole vectors."""
_PROBES = 64
_BATCH_ROWS = 8192


class VectorReader:
    """One table at one version. Safe to share by threads."""

    def __init__(self, paths: DataPaths, name: str, version: int) -> None:
        self._folder = paths.vectors
        self._files = vector_files(paths, name)
        self._family = family_of(name)
        with self._readable():
            self._table = _ask(_opened(paths, name, version))
            vector = _ask(self._table.schema()).field("vector").type
        self.dimensions: int = vector.list_size

    def nearest(
        self,
        vector: npt.NDArray[np.float32],
        limit: int,
        labels: Sequence[str] = (),
        fingerprints: Sequence[str] | None = None,
        languages: Sequence[str] = (),
    ) -> Columns:
        """The rows most similar to a unit vector [dimensions], best first.

        The columns of the table's family, and cosine. `labels` keeps frames that show any of them,
        `fingerprints` what is of these videos, `languages` lines in any of these. Raises
        GazeError(INDEX_CORRUPT).
        """
        return self.seek(vector, limit, labels, fingerprints, languages)()

    def seek(
        self,
        vector: npt.NDArray[np.float32],
        limit: int,
        labels: Sequence[str] = (),
        fingerprints: Sequence[str] | None = None,
        languages: Sequence[str] = (),
    ) -> Callable[[], Columns]:
        """Begin looking for what `nearest` gives; calling the result waits for it.

        Both raise as `nearest` does.
        """
        conditions = []
        if labels:
            conditions.append(f"array_has_any(labels, [{_listed(labels)}])")
        if fingerprints is not None:
            conditions.append(one_of("fingerprint", fingerprints))
        if languages:
            conditions.append(one_of("language", languages))
        query = self._search(vector, limit, filtered=bool(conditions))
        if conditions:
            query = query.where(" AND ".join(conditions))
        seeking = _begun(query.select(["_rowid", "_distance"]).limit(limit).to_arrow())
        return partial(self._found, seeking)

    def _found(self, seeking: Future[pa.Table]) -> Columns:
        with self._readable():
            found = seeking.result()
            told = self._rows.of(found["_rowid"].to_numpy())
        distance = found["_distance"].to_numpy().astype(np.float64)
        if self._indexed:  # of unit vectors, one of them made longer
            distance = (distance - (_LENGTH - 1) ** 2) / (2 * _LENGTH)
        return {**told, "cosine": (1 - distance).astype(np.float32)}

    def _search(self, vector: npt.NDArray[np.float32], limit: int, filtered: bool) -> Any:
        """A search for the nearest: by the index where there is one, else among all."""
        if not self._indexed:
            return self._table.vector_search(vector).column("vector").distance_type("dot")
        query = self._table.vector_search(_LENGTH * vector).column("vector")
        query = query.distance_type(METRIC).refine_factor(max(1, _REREAD // limit))
        if filtered:  # no bound first: it may not lie below the other
            return query.maximum_nprobes(0).minimum_nprobes(_PARTITIONS)
        return query.nprobes(_PARTITIONS)

    @cached_property
    def _rows(self) -> Rows:
        """What each row says, read once: a search that fetches it itself takes half as long again."""
        return Rows(_ask(self._table.query().select([*self._family.columns, "_rowid"]).to_arrow()))

    @cached_property
    def _indexed(self) -> bool:
        """Whether there is an index of the vectors; it is brought into memory, and soon the vectors, too."""
        with self._readable():
            indices = _ask(self._table.list_indices())
            names = [index.name for index in indices if "vector" in index.columns]
            stats = {name: _ask(self._table.index_stats(name)) for name in names}
            indexed = [name for name in names if stats[name].distance_type == METRIC]
            for name in indexed:
                _ask(self._table.prewarm_index(name))
            if indexed:
                read_ahead(self._files)
        return bool(indexed)

    def sample(self, rows: int) -> tuple[npt.NDArray[np.float32], list[Any]]:
        """Rows spread evenly over the table: vectors float32 [<= rows, dimensions], and labels or languages.

        Raises GazeError(INDEX_CORRUPT).
        """
        told = self._family.selected[-1]
        with self._readable():
            total = _ask(self._table.count_rows())
            if not total:
                return np.empty((0, self.dimensions), np.float32), []
            offsets = np.unique(np.linspace(0, total - 1, min(rows, total)).astype(int))
            rows_at = self._table.take_offsets(offsets.tolist())
            table = _ask(rows_at.select(["vector", told]).to_arrow())
        return self._vectors_of(table), table[told].to_pylist()

    def neighbours(self, rows: int) -> list[npt.NDArray[np.float32]]:
        """Frames and those that follow them in the same shot: two arrays float32 [<= rows, dimensions].

        They are spread evenly over the table. Raises GazeError(INDEX_CORRUPT).
        """
        with self._readable():
            total = _ask(self._table.count_rows())
            first = np.unique(np.linspace(0, max(total - 2, 0), min(rows, total)).astype(int))
            offsets = np.unique([*first, *(first + 1)]) if total > 1 else first[:0]
            rows_at = self._table.take_offsets(offsets.tolist())
            asked = rows_at.select(["fingerprint", "shot", "frame_index", "vector"])
            order = [("fingerprint", "ascending"), ("frame_index", "ascending")]
            table = _ask(asked.to_arrow()).sort_by(order)
        vectors = self._vectors_of(table)
        videos, shots, frames = (
            table[name].to_numpy() for name in ("fingerprint", "shot", "frame_index")
        )
        follows = (videos[1:] == videos[:-1]) & (shots[1:] == shots[:-1])
        follows &= frames[1:] == frames[:-1] + 1
        return [vectors[:-1][follows], vectors[1:][follows]]

    def frame_at(self, fingerprint: str, at_ms: int) -> tuple[int, npt.NDArray[np.float32]] | None:
        """The shot and the vector of the frame of a video that is on screen at a time.

        None when the video has no vectors. Raises GazeError(INDEX_CORRUPT).
        """
        with self._readable():
            query = self._table.query().where(one_of("fingerprint", [fingerprint]))
            table = _ask(query.select(["timestamp_ms", "shot", "vector"]).to_arrow())
        if not table.num_rows:
            return None
        table = table.sort_by("timestamp_ms")
        at = int(np.searchsorted(table["timestamp_ms"].to_numpy(), at_ms, "right")) - 1
        row = table.slice(max(at, 0), 1)
        return row["shot"][0].as_py(), self._vectors_of(row)[0]

    def batches(self) -> Iterator[tuple[list[str], npt.NDArray[np.float32]]]:
        """The fingerprint and the vector of every row, some thousands at a time.

        Raises GazeError(INDEX_CORRUPT).
        """
        with self._readable():
            query = self._table.query().select(["fingerprint", "vector"])
            batches = _ask(query.to_batches(max_batch_length=_BATCH_ROWS))
            while (batch := _ask(_next(batches))) is not None:
                table = pa.table(batch)
                yield table["fingerprint"].to_pylist(), self._vectors_of(table)

    def _vectors_of(self, table: pa.Table) -> npt.NDArray[np.float32]:
        flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat, np.float32).reshape(-1, self.dimensions)

    def check(self) -> int:
        """Read of everything that is stored as much as tells a damaged table from a sound one.

        Returns how many rows it holds. Raises GazeError(INDEX_CORRUPT).
        """
        with self._readable():
            held = _ask(self._table.query().select(["fingerprint", "source"]).to_arrow())
            if "labels" in self._family.selected:
                query = self._table.query().where("array_has_any(labels, ['?'])")
                _ask(query.limit(1).to_arrow())
        self.sample(_PROBES)
        return int(held.num_rows)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            raise GazeError(ErrorCode.INDEX_CORRUPT, self._folder, str(error)) from error


def _ask(answer: Coroutine[Any, Any, T]) -> T:
    """What LanceDB answers, in one exchange between threads: its own blocking calls take six."""
    return _begun(answer).result()


def _begun(answer: Coroutine[Any, Any, T]) -> Future[T]:
    """What LanceDB will answer: it is at work from now on."""
    from lancedb import background_loop

    return asyncio.run_coroutine_threadsafe(answer, background_loop.LOOP.loop)


async def _opened(paths: DataPaths, name: str, version: int) -> Any:
    database = await _lancedb().connect_async(paths.vectors)
    table = await database.open_table(name)
    await table.checkout(version)
    return table


async def _next(batches: AsyncIterator[T]) -> T | None:
    return await anext(batches, None)


def connect(paths: DataPaths) -> Any:
    """The LanceDB database of a data root."""
    return _lancedb().connect(paths.vectors)


def _lancedb() -> ModuleType:
    """The library, which would write warnings of every empty part of an index to the terminal."""
    os.environ.setdefault("LANCEDB_LOG", "error")
    import lancedb

    return lancedb


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition that a column has one of the values."""
    listed = _listed(values)
    return f"{column} IN ({listed})" if listed else "false"


def _listed(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
