"""Which language is spoken: the first step of Whisper's decoder (Radford et al. 2022, 2.3), part of a graph.

CTranslate2 projects all frames of a clip to keys and values for this one step, a tenth of what reading the
clip costs. For one query it is cheaper to project the query back to the frames: q (W x) = (q W) x.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, takewhile

import numpy as np

from gaze_pipeline.models.ct2_file import Ct2File
from gaze_pipeline.models.graph import Graph
from gaze_pipeline.models.vectors import Vectors


@dataclass(frozen=True)
class FirstStep:
    """The decoder of a file at its first token. What does not fit raises ValueError."""

    graph: Graph
    file: Ct2File
    width: int
    heads: int

    def chances(self, heard: str, start: int, tokens: Sequence[int]) -> str:
        """How likely each of some tokens is after `start`, [n, tokens]; `heard` is [n, frames, width]."""
        embeddings = self.file.value("decoder/embeddings/weight").astype(np.float32)
        place = self.file.value("decoder/position_encodings/encodings")[0].astype(np.float32)
        state = self.graph.constant((embeddings[start] + place)[None, None])
        for layer in self._layers():
            state = self._add(state, self._of_itself(state, f"{layer}/self_attention"))
            state = self._add(state, self._of_frames(state, heard, f"{layer}/attention"))
            state = self._add(state, self._forward(state, f"{layer}/ffn"))
        known = self.graph.constant(embeddings[list(tokens)].T)
        scores = self.graph.node("MatMul", self._norm(state, "decoder"), known)
        return self.graph.shaped(self.graph.node("Softmax", scores), -1, len(tokens))

    def _layers(self) -> Iterator[str]:
        names = (f"decoder/layer_{number}" for number in count())
        return takewhile(lambda name: f"{name}/ffn/linear_0/weight" in self.file, names)

    def _of_itself(self, state: str, name: str) -> str:
        """Attention among tokens: the only one attends to itself, whatever its query and key are."""
        weight, bias = self._weights(f"{name}/linear_0", 3 * self.width, self.width)
        normed = self._norm(state, name)
        value = self.graph.linear(normed, weight[-self.width :], bias[-self.width :])
        return self._linear(value, f"{name}/linear_1", self.width, self.width)

    def _of_frames(self, state: str, heard: str, name: str) -> str:
        """Attention to what was heard. The bias of the keys adds the same to all frames: it is left out."""
        graph, each = self.graph, self.width // self.heads
        weight, bias = self._weights(f"{name}/linear_1", 2 * self.width, self.width)
        keys, values = weight.reshape(2, self.heads, each, self.width)
        query = self._linear(self._norm(state, name), f"{name}/linear_0", self.width, self.width)
        asked = graph.node(
            "MatMul",
            graph.shaped(query, -1, self.heads, 1, each),
            graph.constant(keys / np.float32(np.sqrt(each))),
        )
        asked = graph.shaped(asked, -1, self.heads, self.width)
        scores = graph.node("MatMul", asked, graph.node("Transpose", heard, perm=[0, 2, 1]))
        mixed = graph.node("MatMul", graph.node("Softmax", scores), heard)
        value = graph.node(
            "MatMul",
            graph.shaped(mixed, -1, self.heads, 1, self.width),
            graph.constant(values.transpose(0, 2, 1)),
        )
        value = self._add(
            graph.shaped(value, -1, 1, self.width), graph.constant(bias[self.width :])
        )
        return self._linear(value, f"{name}/linear_2", self.width, self.width)

    def _forward(self, state: str, name: str) -> str:
        hidden = self.file.value(f"{name}/linear_0/weight").shape[0]
        inner = self._linear(self._norm(state, name), f"{name}/linear_0", hidden, self.width)
        return self._linear(self.graph.node("Gelu", inner), f"{name}/linear_1", self.width, hidden)

    def _add(self, state: str, part: str) -> str:
        total: str = self.graph.node("Add", state, part)
        return total

    def _norm(self, state: str, name: str) -> str:
        scale, shift = (
            self.file.tensor(f"{name}/layer_norm/{part}", self.width) for part in ("gamma", "beta")
        )
        return self.graph.normed(state, scale, shift)

    def _linear(self, x: str, name: str, outputs: int, inputs: int) -> str:
        return self.graph.linear(x, *self._weights(name, outputs, inputs))

    def _weights(self, name: str, outputs: int, inputs: int) -> tuple[Vectors, Vectors]:
        weight = self.file.tensor(f"{name}/weight", outputs, inputs)
        return weight, self.file.tensor(f"{name}/bias", outputs)
