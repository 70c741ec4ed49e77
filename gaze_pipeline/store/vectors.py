"""Vectors in LanceDB: one table a model, filled by the publisher only, read at pinned versions.

Rows are those of `snapshot_vectors` and `source`, the signature of the artifacts that a row was made from.
So the table itself says which videos it holds and whether they are current, and a publication that was killed
is simply repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store import vector_index
from gaze_pipeline.store import vector_tables as tables
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.vector_reader import VectorReader, connect, one_of

__all__ = ["INDEX_FROM", "VectorReader", "VectorStore"]

INDEX_FROM = 50_000
"""Rows from which a vector index pays; below, a flat scan is exact and fast enough."""
_VERSIONS = 32
"""What only old versions hold is deleted when there are more of them."""
_BATCH_ROWS = 20_000
_GRACE = timedelta(minutes=2)
_UNREADABLE = (OSError, RuntimeError, ValueError)
_PASSING = re.compile(r"os error (12|13|23|24|28)\b")
"""Too little memory, no permission, too many open files, a full disk: nothing that is wrong with a table."""


class VectorStore:
    """The writing side: brings the table of one model, of frames or of lines, in line with the artifacts.

    One process at a time: the caller holds the publish lock. Readers are pinned to a version, so that
    they never see the steps in between.
    """

    def __init__(
        self,
        paths: DataPaths,
        model_id: str,
        family: tables.Family = tables.FRAMES,
        index_from: int = INDEX_FROM,
    ) -> None:
        self._paths = paths
        self._family = family
        self._index_from = index_from
        self.name = tables.name_of(paths, family, model_id)

    def sync(
        self, wanted: Mapping[str, str], read: Callable[[str], pa.Table]
    ) -> dict[str, GazeError]:
        """Make the table hold exactly the `wanted` videos (fingerprint -> source signature).

        `read` gives the rows of a video that is new or has changed, all but `source`. A table that
        cannot be read, or was made by an older Gaze, is left as it is, and a new one made. Returns the
        videos left out because `read` raised a GazeError.
        """
        tables.delete_leavings(self._paths)
        held = self._sound_sources()
        stale = [key for key, sources in held.items() if sources != {wanted.get(key)}]
        fresh = [key for key in wanted if key not in held or key in set(stale)]
        for keys in _chunks(stale, 1000):
            self._table().delete(one_of("fingerprint", keys))
        failed = self._add(fresh, wanted, read)
        if stale or fresh:
            self._maintain(vector_index.PARTS)
        return failed

    def renew(self) -> None:
        """Make the index of the vectors anew if it has grown by parts; a search has to look into each."""
        self._maintain(vector_index.PARTS_OVERNIGHT)

    def begin_anew(self) -> None:
        """Have the next `sync` fill a new table: deleted rows stay in the files of an old one.

        (lance 13: compaction leaves them below a tenth of a fragment, and in its indexes.)
        """
        if self._exists():
            self.name = tables.successor(self.name)

    def rows(self) -> int:
        """How many vectors the table holds."""
        return int(self._table().count_rows()) if self._exists() else 0

    def pin(self, snapshot: int) -> int | None:
        """Tag the present version for a snapshot and bring all of it to the disk.

        None when the model has no table yet.
        """
        if not self._exists():
            return None
        table = self._table()
        tag, version = _tag(snapshot), int(table.version)
        if tag in table.tags.list():
            table.tags.update(tag, version)
        else:
            table.tags.create(tag, version)
        tables.sync_to_disk(self._paths, self.name)
        return version

    def clean(
        self, snapshots: Iterable[int], now: float | None = None, most: int = _VERSIONS
    ) -> None:
        """Drop the tables that no snapshot reads of these, and the versions once there are more than `most`.

        Versions of the last minutes before `now` (seconds since the epoch) stay for queries under way.
        """
        moment = datetime.now() if now is None else datetime.fromtimestamp(now)
        kept = {_tag(number) for number in snapshots}
        for name in tables.names(self._paths, self._family):
            try:
                self._clean(name, kept, moment, most)
            except _UNREADABLE as error:
                if name == self.name or _PASSING.search(str(error)):
                    raise
                tables.delete(self._paths, name)  # damaged, and replaced

    def _clean(self, name: str, kept: set[str], now: datetime, most: int) -> None:
        table = self._db.open_table(name)
        tags = table.tags.list()
        for tag in tags.keys() - kept:
            table.tags.delete(tag)
        pinned = {tags[tag]["version"] for tag in tags.keys() & kept}
        if pinned and len(table.list_versions()) <= most:
            return
        if pinned:
            age = _age(table, min(pinned), now)
            table.optimize(cleanup_older_than=age, delete_unverified=True)
            tables.sync_to_disk(self._paths, name)
        else:
            tables.delete(self._paths, name)

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

    def _maintain(self, most_parts: int) -> None:
        if self._exists():
            vector_index.maintain(self._table(), self._family, self._index_from, most_parts)

    def _sound_sources(self) -> dict[str, set[str]]:
        """What the table holds; nothing when it is damaged: another then takes its place."""
        if not self._exists():
            return {}
        try:
            VectorReader(self._paths, self.name, int(self._table().version)).check()
            self._table().tags.list()
            if set(self._family.columns) <= set(self._table().schema.names):
                return self._sources()
        except (GazeError, *_UNREADABLE) as error:
            if _PASSING.search(str(error)):
                raise
        self.name = tables.successor(self.name)
        return {}

    def _sources(self) -> dict[str, set[str]]:
        columns = self._table().search().select(["fingerprint", "source"]).limit(None).to_arrow()
        pairs = columns.group_by(["fingerprint", "source"]).aggregate([])
        held: dict[str, set[str]] = {}
        for fingerprint, source in zip(
            *(pairs[name].to_pylist() for name in pairs.column_names), strict=True
        ):
            held.setdefault(fingerprint, set()).add(source)
        return held

    def _exists(self) -> bool:
        return self.name in tables.names(self._paths, self._family)

    def _table(self) -> Any:
        return self._db.open_table(self.name)

    @cached_property
    def _db(self) -> Any:
        self._paths.vectors.mkdir(parents=True, exist_ok=True)
        return connect(self._paths)


def _tag(snapshot: int) -> str:
    return f"snapshot-{snapshot}"


def _age(table: Any, version: int, now: datetime) -> timedelta:
    """An age that no version from `version` on has, and that spares queries under way."""
    made: datetime = next(v["timestamp"] for v in table.list_versions() if v["version"] == version)
    spared = min(made - timedelta(seconds=1), now - _GRACE)
    return datetime.now() - spared


def _chunks(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
