"""The transformer that both sides of CLIP consist of (Vaswani et al. 2017, norms first), on ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gaze_pipeline.models.graph import Graph
from gaze_pipeline.models.tensors import Tensor


@dataclass(frozen=True)
class Transformer:
    """The blocks of a model whose weights `tensor` gives by open_clip's names, as parts of a graph.

    `causal` tells that a token sees only those before it.
    """

    graph: Graph
    tensor: Tensor
    width: int
    heads: int
    layers: int
    hidden: int
    quick_gelu: bool
    causal: bool

    def of(self, x: str, token: int) -> str:
        """One token, by its place, of `x` [n, tokens, width] after all blocks: [n, width]."""
        for index in range(self.layers):
            name = f"transformer.resblocks.{index}"
            attended = self._attention(x, name)
            if index == self.layers - 1:  # the rest is only asked of one token
                x, attended = self._token(x, token), self._token(attended, token)
            projected = self._linear(attended, f"{name}.attn.out_proj.", self.width, self.width)
            x = self.graph.node("Add", x, projected)
            x = self.graph.node("Add", x, self._perceptron(x, name))
        return self.graph.shaped(x, -1, self.width)

    def every(self, x: str) -> str:
        """All tokens of `x` [n, tokens, width] after all blocks, in the same shape."""
        for index in range(self.layers):
            name = f"transformer.resblocks.{index}"
            attended = self._attention(x, name)
            projected = self._linear(attended, f"{name}.attn.out_proj.", self.width, self.width)
            x = self.graph.node("Add", x, projected)
            x = self.graph.node("Add", x, self._perceptron(x, name))
        return x

    def norm(self, x: str, name: str) -> str:
        """`x` normalised token by token."""
        scale, shift = (self.tensor(f"{name}.{part}", self.width) for part in ("weight", "bias"))
        return self.graph.normed(x, scale, shift)

    def _token(self, x: str, place: int) -> Any:
        return self.graph.node("Gather", x, self.graph.constant(np.array([place])), axis=1)

    def _attention(self, x: str, name: str) -> str:
        normed = self.norm(x, f"{name}.ln_1")
        whole = self._linear(normed, f"{name}.attn.in_proj_", 3 * self.width, self.width)
        parts = self.graph.node("Split", whole, outputs=3, axis=-1, num_outputs=3)
        return self.graph.fused(
            "MultiHeadAttention", *parts, num_heads=self.heads, unidirectional=int(self.causal)
        )

    def _perceptron(self, x: str, name: str) -> str:
        normed = self.norm(x, f"{name}.ln_2")
        hidden = self._linear(normed, f"{name}.mlp.c_fc.", self.hidden, self.width)
        if self.quick_gelu:
            hidden = self.graph.fused("QuickGelu", hidden, alpha=1.702)
        else:
            hidden = self.graph.node("Gelu", hidden)
        return self._linear(hidden, f"{name}.mlp.c_proj.", self.width, self.hidden)

    def _linear(self, x: str, name: str, outputs: int, inputs: int) -> str:
        weight = self.tensor(f"{name}weight", outputs, inputs)
        return self.graph.linear(x, weight, self.tensor(f"{name}bias", outputs))
