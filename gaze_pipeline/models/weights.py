"""The tensors of a safetensors file, mapped into memory: only what is used is ever read.

The safetensors package gives NumPy copies, at 0.1 s and 150 MB a text tower, and no bfloat16; the format
is a length, a JSON table and the numbers (github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_STORED = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


class Weights:
    """The tensors by name, as float32 whatever they are stored in; threads may share it."""

    def __init__(self, path: Path) -> None:
        """Map a file. Raises OSError, or ValueError where it is none of this format."""
        self._bytes = np.memmap(path, np.uint8, "r")
        self._first = 8 + int.from_bytes(self._bytes[:8].tobytes(), "little")
        if self._first > len(self._bytes):
            raise ValueError("the table of tensors is cut off")
        self._table: dict[str, dict[str, Any]] = json.loads(self._bytes[8 : self._first].tobytes())

    def get(self, name: str, *shape: int) -> Floats:
        """A tensor of this shape. Raises KeyError, or ValueError where it has another."""
        return _single(self._stored(name, shape))

    def rows(self, name: str, shape: tuple[int, int], indices: npt.NDArray[np.int64]) -> Floats:
        """Rows of a table, [*indices.shape, columns]. Raises as `get` does."""
        return _single(self._stored(name, shape)[indices])

    def _stored(self, name: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """The numbers as they lie in the file; bfloat16 as its bits."""
        entry = self._table[name]
        if entry["shape"] != list(shape):
            raise ValueError(f"{name} is of shape {entry['shape']}, not {list(shape)}")
        begin, end = (self._first + offset for offset in entry["data_offsets"])
        return np.asarray(self._bytes[begin:end]).view(_STORED[entry["dtype"]]).reshape(shape)


def _single(stored: npt.NDArray[Any]) -> Floats:
    if stored.dtype == np.uint16:  # bfloat16 is the upper half of a float32
        return (stored.astype(np.uint32) << 16).view(np.float32)
    return stored.astype(np.float32, copy=False)
