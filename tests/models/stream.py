"""Batches of rendered scenes, drawn in a second process while the first one learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from torch.utils.data import DataLoader, Dataset


class _Made(Dataset[Any]):
    def __init__(self, make: Callable[[int], Any], count: int) -> None:
        self._make = make
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Any:
        if index >= self._count:
            raise IndexError(index)
        return self._make(index)


def stream(make: Callable[[int], Any], count: int) -> Iterator[Any]:
    """`make(0)`, `make(1)` ... `make(count - 1)`, each a batch, made ahead of its use."""
    return iter(DataLoader(_Made(make, count), batch_size=None, num_workers=1, prefetch_factor=4))
