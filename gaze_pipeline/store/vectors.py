"""Frame vectors in LanceDB: one table a model, filled by the publisher only, read at pinned versions.

Rows are those of the embeddings contract plus `labels`, what was detected in the frame, and `source`,
the signature of the artifacts that a row was made from. So the table itself says which videos it holds
and whether they are current, and a publication that was killed is simply repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.paths import DataPaths

INDEX_FROM = 200_000
"""Rows from which a vector index pays; below, a flat scan is exact and fast enough."""
_BATCH_ROWS = 20_000
_REFINE = 10
_GRACE = timedelta(minutes=2)
_PREFIX = "frames-"


class VectorStore:
    """The writing side: brings the table of one model in line with the artifacts.

    One process at a time: the caller holds the publish lock. Readers are pinned to a version, so that
    they never see the steps in between.
    """

    def __init__(self, paths: DataPaths, model_id: str, index_from: int = INDEX_FROM) -> None:
        self._paths = paths
        self._index_from = index_from
        self.name = f"{_PREFIX}{model_id}"

    def sync(
        self, wanted: Mapping[str, str], read: Callable[[str], pa.Table]
    ) -> dict[str, GazeError]:
        """Make the table hold exactly the `wanted` videos (fingerprint -> source signature).

        `read` gives the rows of a video that is new or has changed (embeddings contract + `labels`).
        Returns the videos left out because `read` raised a GazeError.
        """
        held = self._sources()
        stale = [key for key, sources in held.items() if sources != {wanted.get(key)}]
        fresh = [key for key in wanted if key not in held or key in set(stale)]
        for keys in _chunks(stale, 1000):
            self._table().delete(_one_of("fingerprint", keys))
        failed = self._add(fresh, wanted, read)
        if stale or fresh:
            self._maintain()
        return failed

    def rows(self) -> int:
        """How many frames the table holds."""
        return int(self._table().count_rows()) if self._exists() else 0

    def pin(self, snapshot: int) -> int | None:
        """Tag the present version for a snapshot; None when the model has no table yet."""
        if not self._exists():
            return None
        table = self._table()
        tag, version = _tag(snapshot), int(table.version)
        if tag in table.tags.list():
            table.tags.update(tag, version)
        else:
            table.tags.create(tag, version)
        return version

    def clean(self, snapshots: Iterable[int]) -> None:
        """Drop the versions, and the tables of other models, that none of the `snapshots` reads."""
        kept = {_tag(number) for number in snapshots}
        for name in self._names():
            table = self._db.open_table(name)
            tags = table.tags.list()
            for tag in tags.keys() - kept:
                table.tags.delete(tag)
            pinned = {tags[tag]["version"] for tag in tags.keys() & kept}
            if pinned:
                table.optimize(cleanup_older_than=_age(table, min(pinned)))
            elif name != self.name:
                self._db.drop_table(name)

    def _add(
        self, keys: Sequence[str], wanted: Mapping[str, str], read: Callable[[str], pa.Table]
    ) -> dict[str, GazeError]:
        failed: dict[str, GazeError] = {}
        batch: list[pa.Table] = []
        kind = self._table().schema.field("vector").type if self._exists() else None
        for key in keys:
            try:
                rows = read(key)
                kind = kind or rows.schema.field("vector").type
                if rows.schema.field("vector").type != kind:
                    raise GazeError(ErrorCode.ARTIFACT_CORRUPT, key, "vectors of other dimensions")
            except GazeError as error:
                failed[key] = error
                continue
            source = pa.array([wanted[key]] * rows.num_rows, pa.string())
            batch.append(rows.append_column(pa.field("source", pa.string()), source))
            if sum(table.num_rows for table in batch) >= _BATCH_ROWS:
                self._append(batch)
                batch = []
        self._append(batch)
        return failed

    def _append(self, batch: Sequence[pa.Table]) -> None:
        rows = pa.concat_tables(batch) if batch else None
        if rows is None or not rows.num_rows:
            return
        if self._exists():
            self._table().add(rows)
        else:
            self._db.create_table(self.name, rows)

    def _maintain(self) -> None:
        """Merge fragments and keep the indexes complete."""
        if not self._exists():
            return
        from lancedb.index import BTree, IvfRq, LabelList

        table = self._table()
        table.optimize()
        indexed = {column for index in table.list_indices() for column in index.columns}
        rows = table.count_rows()
        if rows and "fingerprint" not in indexed:
            table.create_index("fingerprint", config=BTree())
            table.create_index("labels", config=LabelList())
        if rows >= self._index_from and "vector" not in indexed:
            table.create_index("vector", config=IvfRq(distance_type="dot"))

    def _sources(self) -> dict[str, set[str]]:
        if not self._exists():
            return {}
        columns = self._table().search().select(["fingerprint", "source"]).limit(None).to_arrow()
        pairs = columns.group_by(["fingerprint", "source"]).aggregate([])
        held: dict[str, set[str]] = {}
        for fingerprint, source in zip(
            *(pairs[name].to_pylist() for name in pairs.column_names), strict=True
        ):
            held.setdefault(fingerprint, set()).add(source)
        return held

    def _names(self) -> list[str]:
        """The tables there are, seen without LanceDB, which takes seconds to import."""
        return [path.stem for path in self._paths.vectors.glob(f"{_PREFIX}*.lance")]

    def _exists(self) -> bool:
        return self.name in self._names()

    def _table(self) -> Any:
        return self._db.open_table(self.name)

    @cached_property
    def _db(self) -> Any:
        self._paths.vectors.mkdir(parents=True, exist_ok=True)
        return _connect(self._paths)


class VectorReader:
    """The reading side: one table at the version that a snapshot names. Safe to share by threads."""

    def __init__(self, paths: DataPaths, name: str, version: int) -> None:
        self._folder = paths.vectors
        with self._readable():
            self._table = _connect(paths).open_table(name)
            self._table.checkout(version)
        vector = self._table.schema.field("vector").type
        self.dimensions: int = vector.list_size

    def nearest(
        self,
        vector: npt.NDArray[np.float32],
        limit: int,
        labels: Sequence[str] = (),
        fingerprints: Sequence[str] | None = None,
    ) -> pa.Table:
        """The frames most similar to a unit vector [dimensions], best first.

        Columns fingerprint, frame_index, timestamp_ms, cosine. `labels` keeps frames that show any of
        them; `fingerprints` keeps those of these videos. Raises GazeError(INDEX_CORRUPT).
        """
        query = self._table.search(vector, vector_column_name="vector").distance_type("dot")
        conditions = []
        if labels:
            conditions.append(f"array_has_any(labels, [{_listed(labels)}])")
        if fingerprints is not None:
            conditions.append(_one_of("fingerprint", fingerprints))
        if conditions:
            query = query.where(" AND ".join(conditions))
        columns = ["fingerprint", "frame_index", "timestamp_ms", "_distance"]
        with self._readable():
            found = query.refine_factor(_REFINE).select(columns).limit(limit).to_arrow()
        cosine = pc.subtract(pa.scalar(1.0, pa.float32()), found["_distance"])
        return found.drop_columns("_distance").append_column("cosine", cosine)

    def sample(self, rows: int) -> npt.NDArray[np.float32]:
        """Vectors of frames spread evenly over the table, float32 [<= rows, dimensions].

        Raises GazeError(INDEX_CORRUPT).
        """
        with self._readable():
            total = self._table.count_rows()
            if not total:
                return np.empty((0, self.dimensions), np.float32)
            offsets = np.unique(np.linspace(0, total - 1, min(rows, total)).astype(int))
            table = self._table.take_offsets(offsets.tolist()).select(["vector"]).to_arrow()
        flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat, np.float32).reshape(-1, self.dimensions)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            raise GazeError(ErrorCode.INDEX_CORRUPT, self._folder, str(error)) from error


def _connect(paths: DataPaths) -> Any:
    import lancedb

    return lancedb.connect(paths.vectors)


def _tag(snapshot: int) -> str:
    return f"snapshot-{snapshot}"


def _age(table: Any, version: int) -> timedelta:
    """An age that no version from `version` on has, and that spares queries under way."""
    made: datetime = next(v["timestamp"] for v in table.list_versions() if v["version"] == version)
    return max(datetime.now(made.tzinfo) - made + timedelta(seconds=1), _GRACE)


def _one_of(column: str, values: Iterable[str]) -> str:
    listed = _listed(values)
    return f"{column} IN ({listed})" if listed else "false"


def _listed(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _chunks(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
