"""The image transformer of CLIP on ONNX Runtime (Radford et al. 2021; as open_clip's `VisionTransformer`).

With 8-bit weights a picture takes a quarter of the processor time that torch needs in float32, and torch,
whose import alone takes three seconds and 600 MB, is not loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gaze_pipeline.models.converted import opened
from gaze_pipeline.models.graph import Graph, session
from gaze_pipeline.models.tensors import Tensor, tensors
from gaze_pipeline.models.transformer import Transformer
from gaze_pipeline.models.vectors import Vectors

_LAYOUT = 2
"""The number of the form that is written below; another form takes another."""
_FILE = "image.onnx"
_PLAIN = {"image_size", "patch_size", "layers", "width", "head_width", "mlp_ratio"}


@dataclass(frozen=True)
class ImageShape:
    """The sizes of an image transformer; `dim` is that of the space it shares with texts."""

    size: int
    patch: int
    width: int
    heads: int
    layers: int
    hidden: int
    dim: int
    quick_gelu: bool

    @classmethod
    def of(cls, architecture: Mapping[str, Any]) -> ImageShape | None:
        """That of an architecture as open_clip takes it; None for any other than the plain transformer.

        Raises KeyError or TypeError.
        """
        seen: dict[str, Any] = {"head_width": 64, "mlp_ratio": 4.0, **architecture["vision_cfg"]}
        odd = [key for key in seen.keys() - _PLAIN if seen[key]]
        if odd or not isinstance(seen["layers"], int) or seen["image_size"] % seen["patch_size"]:
            return None
        return cls(
            size=seen["image_size"],
            patch=seen["patch_size"],
            width=seen["width"],
            heads=seen["width"] // seen["head_width"],
            layers=seen["layers"],
            hidden=int(seen["width"] * seen["mlp_ratio"]),
            dim=architecture["embed_dim"],
            quick_gelu=bool(architecture.get("quick_gelu", False)),
        )


class ImageTower:
    """Pictures to features; threads may share it."""

    def __init__(self, shape: ImageShape, weights: Path, threads: int) -> None:
        """Open the image side of a safetensors file, in the form kept beside it since it was first opened.

        Raises OSError, or ValueError where the tensors do not fit.
        """
        self._session = opened(
            weights,
            "image",
            _LAYOUT,
            lambda folder: _convert(shape, weights, folder),
            lambda folder: session(folder / _FILE, threads),
        )

    def features(self, pixels: Vectors) -> Vectors:
        """Pictures [n, 3, size, size], normalised, to features [n, dim], not normalised."""
        features: Vectors = self._session.run(None, {"x": pixels})[0]
        return features


def _convert(shape: ImageShape, weights: Path, folder: Path) -> None:
    graph = Graph()
    with tensors(weights) as tensor:
        features = _features(graph, shape, lambda name, *of: tensor(f"visual.{name}", *of))
    graph.save(folder / _FILE, ["n", 3, shape.size, shape.size], np.float32, features=features)


def _features(graph: Graph, shape: ImageShape, tensor: Tensor) -> str:
    """The features of the pictures `x`."""
    blocks = Transformer(
        graph=graph,
        tensor=tensor,
        width=shape.width,
        heads=shape.heads,
        layers=shape.layers,
        hidden=shape.hidden,
        quick_gelu=shape.quick_gelu,
        causal=False,
    )
    read = blocks.of(blocks.norm(_tokens(graph, shape, tensor), "ln_pre"), 0)
    projection = graph.constant(tensor("proj", shape.width, shape.dim))
    features: str = graph.node("MatMul", blocks.norm(read, "ln_post"), projection)
    return features


def _tokens(graph: Graph, shape: ImageShape, tensor: Tensor) -> str:
    """One token a patch after the one that will stand for the picture: [n, 1 + patches, width]."""
    along, patch, width = shape.size // shape.patch, shape.patch, shape.width
    cut = graph.shaped("x", -1, 3, along, patch, along, patch)
    patches = graph.shaped(
        graph.node("Transpose", cut, perm=[0, 2, 4, 1, 3, 5]), -1, along**2, 3 * patch**2
    )
    kernel = tensor("conv1.weight", width, 3, patch, patch)
    embedded = graph.linear(patches, kernel.reshape(width, -1))
    count = graph.node("Shape", "x", start=0, end=1)
    sizes = graph.node("Concat", count, graph.constant(np.array([1, width], np.int64)), axis=0)
    first = graph.node("Expand", graph.constant(tensor("class_embedding", width)), sizes)
    placed = graph.constant(tensor("positional_embedding", along**2 + 1, width))
    tokens: str = graph.node("Add", graph.node("Concat", first, embedded, axis=1), placed)
    return tokens
