"""The text transformer of CLIP in NumPy (Radford et al. 2021, 2.4; as open_clip's `TextTransformer`).

In NumPy because a query is a dozen tokens: they take 50 ms, and importing torch alone takes three seconds
and 600 MB in each process that searches. Texts of a batch share the work on what they begin alike with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaze_pipeline.models.prefix_tree import PrefixTree
from gaze_pipeline.models.weights import Floats, Weights

_EPSILON = np.float32(1e-5)
_EMBEDDING = "token_embedding.weight"


@dataclass(frozen=True)
class TextShape:
    """The sizes of a text transformer; `dim` is that of the space it shares with images."""

    context_length: int
    vocab_size: int
    width: int
    heads: int
    layers: int
    hidden: int
    dim: int
    quick_gelu: bool


class TextTower:
    """Tokens to features; threads may share it."""

    def __init__(self, shape: TextShape, weights: Weights) -> None:
        """Take the tensors out of the file. Raises KeyError or ValueError where they do not fit."""
        self.shape = shape
        self._weights = weights
        self._positions = weights.get("positional_embedding", shape.context_length, shape.width)
        self._blocks = [_Block(shape, weights, index) for index in range(shape.layers)]
        self._last = _Norm(weights, "ln_final", shape.width)
        self._projection = weights.get("text_projection", shape.width, shape.dim)
        self._embedded(PrefixTree([[0]]))

    def features(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Texts as their tokens, each no longer than the context, to features [n, dim], not normalised.

        A text is read off at its end, the token of the highest number.
        """
        tree = PrefixTree([text[: text.index(max(text)) + 1] for text in texts])
        hidden = np.where(tree.before, np.float32(0), np.float32(-np.inf))
        flow = self._embedded(tree)
        for block in self._blocks:
            block.add_to(flow, hidden)
        features: Floats = self._last(flow[tree.ends]) @ self._projection
        return features

    def _embedded(self, tree: PrefixTree) -> Floats:
        shape = (self.shape.vocab_size, self.shape.width)
        return self._weights.rows(_EMBEDDING, shape, tree.tokens) + self._positions[tree.depths]


class _Block:
    """A residual block that normalises first: attention to what came before, then two layers."""

    def __init__(self, shape: TextShape, weights: Weights, index: int) -> None:
        name, width = f"transformer.resblocks.{index}", shape.width
        self._heads = shape.heads
        self._gelu = _quick_gelu if shape.quick_gelu else _gelu
        self._norms = [_Norm(weights, f"{name}.{norm}", width) for norm in ("ln_1", "ln_2")]
        self._attend = _Linear(weights, f"{name}.attn.in_proj_", width, 3 * width)
        self._merge = _Linear(weights, f"{name}.attn.out_proj.", width, width)
        self._widen = _Linear(weights, f"{name}.mlp.c_fc.", width, shape.hidden)
        self._narrow = _Linear(weights, f"{name}.mlp.c_proj.", shape.hidden, width)

    def add_to(self, flow: Floats, hidden: Floats) -> None:
        """Add to tokens [n, width] what the block makes of them.

        `hidden` [n, n] is 0 where the one of its row sees the one of its column, else -inf.
        """
        flow += self._merge(self._attention(self._attend(self._norms[0](flow)), hidden))
        flow += self._narrow(self._gelu(self._widen(self._norms[1](flow))))

    def _attention(self, given: Floats, hidden: Floats) -> Floats:
        """Queries, keys and values [n, 3 * width] to [n, width]."""
        split = given.reshape(len(given), 3, self._heads, -1)
        queries, keys, values = split.transpose(1, 2, 0, 3)
        fits: Floats = queries @ keys.swapaxes(-1, -2) * np.float32(queries.shape[-1] ** -0.5)
        fits += hidden
        np.exp(fits - fits.max(axis=-1, keepdims=True), out=fits)
        fits /= fits.sum(axis=-1, keepdims=True)
        mixed: Floats = (fits @ values).transpose(1, 0, 2).reshape(len(given), -1)
        return mixed


class _Linear:
    def __init__(self, weights: Weights, name: str, inputs: int, outputs: int) -> None:
        self._matrix = weights.get(f"{name}weight", outputs, inputs)
        self._bias = weights.get(f"{name}bias", outputs)

    def __call__(self, rows: Floats) -> Floats:
        made: Floats = (self._matrix @ rows.T).T  # a third faster than rows @ matrix.T for few rows
        made += self._bias
        return made


class _Norm:
    def __init__(self, weights: Weights, name: str, width: int) -> None:
        self._scale = weights.get(f"{name}.weight", width)
        self._shift = weights.get(f"{name}.bias", width)

    def __call__(self, rows: Floats) -> Floats:
        centred = rows - rows.mean(axis=-1, keepdims=True)
        centred /= np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + _EPSILON)
        normal: Floats = centred * self._scale + self._shift
        return normal


def _quick_gelu(x: Floats) -> Floats:
    smooth: Floats = x / (1 + np.exp(np.float32(-1.702) * x))
    return smooth


def _gelu(x: Floats) -> Floats:
    """x times the normal distribution function, the error function to 1.5e-7 (Abramowitz & Stegun 7.1.26)."""
    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = np.zeros_like(t)
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series += np.float32(factor)
        series *= t
    erf = np.copysign(1 - series * np.exp(-z * z), x)
    smooth: Floats = x * (1 + erf) * np.float32(0.5)
    return smooth
