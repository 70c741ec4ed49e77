"""Vectors of unit length, which compare by their dot product."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale each row of [n, dim] to length 1, in place."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, np.finfo(np.float32).tiny)
    return vectors
