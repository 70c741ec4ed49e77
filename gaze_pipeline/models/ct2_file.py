"""Reading the variables of a model as CTranslate2 stores them (`ModelSpec._serialize`, binary version 6)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gaze_pipeline.models.vectors import Vectors

_VERSION = 6
_KINDS = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


class Ct2File:
    """The variables of a `model.bin`, mapped into memory. What does not fit raises ValueError or OSError."""

    def __init__(self, path: Path) -> None:
        self._bytes = np.memmap(path, np.uint8, "r")
        self._at = 0
        (version,) = self._numbers("I")
        if version != _VERSION:
            raise ValueError(f"a model of version {version}, not {_VERSION}")
        self._text()
        _, count = self._numbers("II")
        self._found = dict(self._variable() for _ in range(count))

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def tensor(self, name: str, *shape: int) -> Vectors:
        """A variable of floating numbers as float32; sizes after its name are those it has to be of."""
        found = self.value(name)
        if found.dtype not in (np.float32, np.float16) or found.shape != shape:
            raise ValueError(f"{name} is {found.dtype} of shape {list(found.shape)}")
        return found.astype(np.float32)

    def value(self, name: str) -> npt.NDArray[Any]:
        """A variable as it is stored."""
        if name not in self._found:
            raise ValueError(f"{name} is not there")
        kind, shape, start, end = self._found[name]
        stored: npt.NDArray[Any] = self._bytes[start:end].view(kind).reshape(shape)
        return stored

    def _variable(self) -> tuple[str, tuple[Any, tuple[int, ...], int, int]]:
        name = self._text()
        (rank,) = self._numbers("B")
        shape = self._numbers(f"{rank}I")
        (kind,) = self._numbers("B")
        (size,) = self._numbers("I")
        start, self._at = self._at, self._at + size
        if self._at > len(self._bytes):
            raise ValueError("the file is cut short")
        return name, (_KINDS.get(kind, np.uint8), shape, start, self._at)

    def _numbers(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize(f"<{form}")
        raw = self._bytes[self._at : self._at + size].tobytes()
        self._at += size
        try:
            return struct.unpack(f"<{form}", raw)
        except struct.error as error:
            raise ValueError(str(error)) from error

    def _text(self) -> str:
        (size,) = self._numbers("H")
        raw = self._bytes[self._at : self._at + size].tobytes()
        self._at += size
        return raw.rstrip(b"\0").decode()
