"""Keeping a table of vectors so that it is searched fast, at a cost in line with what has changed.

What is new is first searched row by row, then makes a part of its own in the index of the vectors, and when
there are many parts the index is made anew: that takes minutes for a million rows.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from gaze_pipeline.store.vector_reader import METRIC
from gaze_pipeline.store.vector_tables import Family

PARTS, PARTS_OVERNIGHT = 24, 4
"""So many parts an index may have, and when there is time to make it anew: each costs a search 1 ms."""
NEWS_ROWS, NEWS_SHARE = 1_000, 256
"""So many rows, or one in so many, may be in no part: a thousand cost a search 1 ms."""
PIECES = 16
"""So many small files a table may have."""
_PARTITION_ROWS = 2_000
_TRAINING_ROWS = 64
"""A part has a partition for so many rows, which is made from so many."""


def maintain(table: Any, family: Family, index_from: int, most_parts: int) -> None:
    """Put a LanceDB table in order; `index_from` so many rows on its vectors are indexed."""
    from lancedb.index import BTree, LabelList

    vectors, others = _indexes(table)
    rows = table.count_rows()
    for column in family.selected if rows else ():
        if column not in others:
            lists = pa.types.is_list(table.schema.field(column).type)
            table.create_index(column, config=LabelList() if lists else BTree())
    if _is_scattered(table, vectors, rows):
        table.optimize()
        vectors, _ = _indexes(table)
    if rows >= index_from and (vectors is None or vectors.num_indices > most_parts):
        _train(table, rows)


def _indexes(table: Any) -> tuple[Any, set[str]]:
    """How the index of the vectors stands, if there is one of use; the other columns that have one."""
    columns: dict[str, str] = {
        column: index.name for index in table.list_indices() for column in index.columns
    }
    name = columns.pop("vector", None)
    stats = table.index_stats(name) if name else None
    return (stats if stats and stats.distance_type == METRIC else None), set(columns)


def _is_scattered(table: Any, vectors: Any, rows: int) -> bool:
    """Whether a search has to read many small files, or many rows that are in no index."""
    pieces = table.stats()["fragment_stats"]["num_small_fragments"]
    news = vectors.num_unindexed_rows if vectors else 0
    return bool(pieces > PIECES or news > max(NEWS_ROWS, rows // NEWS_SHARE))


def _train(table: Any, rows: int) -> None:
    from lancedb.index import IvfRq

    config = IvfRq(
        distance_type=METRIC,
        num_partitions=max(1, rows // _PARTITION_ROWS),
        sample_rate=_TRAINING_ROWS,
        max_iterations=20,
    )
    table.create_index("vector", config=config, name="vector_idx")
