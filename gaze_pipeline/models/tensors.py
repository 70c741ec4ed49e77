"""Tensors of a safetensors file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gaze_pipeline.models.vectors import Vectors

Tensor = Callable[..., Vectors]
"""Gives the tensor of a name as float32; sizes after it are those it has to be of. Raises ValueError."""


@contextmanager
def tensors(weights: Path) -> Iterator[Tensor]:
    """What reads tensors from a file. Raises ValueError, or OSError where there is no file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, framework="pt") as file:  # NumPy knows no bfloat16

            def tensor(name: str, *shape: int) -> Vectors:
                found = file.get_tensor(name)
                if found.shape != shape:
                    raise ValueError(f"{name} is of shape {list(found.shape)}, not {list(shape)}")
                single: Vectors = found.float().numpy()
                return single

            yield tensor
    except SafetensorError as error:
        raise ValueError(str(error)) from error
