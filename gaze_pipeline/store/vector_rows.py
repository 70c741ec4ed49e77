"""What the rows of a vector table say beside their vectors, in memory: some forty bytes a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Columns = Mapping[str, npt.NDArray[Any]]
"""Rows by the names of their columns."""


class Rows:
    """The columns of a table by the ids of its rows, those of one row side by side.

    Rows that are written together have ids in a row, so that a few runs of ids say where each row stands.
    """

    def __init__(self, table: pa.Table) -> None:
        """`table` has `_rowid`, `fingerprint` and columns of whole numbers."""
        order = np.argsort(table["_rowid"].to_numpy(), kind="stable")
        ids = table["_rowid"].to_numpy()[order]
        self._begins = np.flatnonzero(np.diff(ids, prepend=ids[:1]) != 1)
        self._first = ids[self._begins]
        videos = table["fingerprint"].combine_chunks().dictionary_encode()
        self._videos = videos.dictionary.to_numpy(zero_copy_only=False)
        columns: dict[str, npt.NDArray[Any]] = {"fingerprint": videos.indices.to_numpy()}
        for name in table.column_names:
            if name not in ("_rowid", "fingerprint"):
                columns[name] = table[name].to_numpy()
        self._rows = np.empty(len(ids), [(name, column.dtype) for name, column in columns.items()])
        for name, column in columns.items():
            self._rows[name] = column[order]

    def of(self, ids: npt.NDArray[np.uint64]) -> Columns:
        """The rows with these ids, in their order."""
        run = np.searchsorted(self._first, ids, "right") - 1
        found = self._rows[self._begins[run] + (ids - self._first[run]).astype(np.int64)]
        columns = {name: found[name] for name in found.dtype.names or ()}
        return {**columns, "fingerprint": self._videos[found["fingerprint"]]}
