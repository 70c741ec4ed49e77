"""Cyrillic lines: a small head of our own on the features that PP-OCRv6 makes of a line.

PP-OCRv6 writes no Cyrillic, and no package carries a model that does. But its backbone tells Cyrillic
letters apart as well: what is missing is what names them. `cyrillic.npz` (0.6 MB) is that, trained by
`tests/models/train_cyrillic.py` on rendered words of Russian, Ukrainian, Bulgarian, Serbian and English in 84
families of fonts; of 300 lines in 14 other families, down to 14 px and with noise, 2 % of the characters
are wrong. Blocks of a depthwise convolution and two linear layers (Liu et al. 2022, ConvNeXt) end in CTC
(Graves et al. 2006).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gaze_pipeline.lookalikes import unmixed

WEIGHTS = Path(__file__).with_name("cyrillic.npz")
_HEIGHT = 48
_FEATURES = b"p2o.pd_op.pool2d.1.0"
"""The output of the backbone, float32 [1, 384, 1, time], in the graph of PP-OCRv6's small recogniser."""
_BLOCKS = 3

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class CyrillicReader:
    """Reads single lines; `recogniser` is PP-OCRv6's file, of which one more output is asked."""

    recogniser: Path
    threads: int = 0

    def read(self, line: npt.NDArray[np.uint8]) -> tuple[str, float]:
        """What a line says, uint8 [height, width, 3] BGR, and how sure that is (0..1)."""
        chances = _softmax(self._logits(self.features(line)))
        best = chances.argmax(axis=1)
        emitted = (best > 0) & np.concatenate([[True], best[1:] != best[:-1]])
        if not emitted.any():
            return "", 0.0
        text = "".join(self._characters[number - 1] for number in best[emitted])
        return unmixed(text), float(chances.max(axis=1)[emitted].mean())

    def features(self, line: npt.NDArray[np.uint8]) -> Floats:
        """What the backbone makes of a line, uint8 [height, width, 3] BGR: float32 [time, 384]."""
        made: Floats = self._session.run([_FEATURES.decode()], {"x": _prepared(line)})[0]
        return made[0, :, 0].T

    def _logits(self, features: Floats) -> Floats:
        """Float32 [time, characters + 1] of the backbone's [time, 384]; the first is CTC's blank."""
        weights = self._weights
        x = _linear((features - weights["m"]) / weights["v"], weights, "i")
        for number in range(_BLOCKS):
            x = x + _block(x, weights, f"blocks.{number}")
        return _linear(_normal(x, weights, "n"), weights, "o")

    @cached_property
    def _weights(self) -> Mapping[str, Floats]:
        with np.load(WEIGHTS) as stored:
            return {
                name: stored[name].astype(np.float32) for name in stored if name != "characters"
            }

    @cached_property
    def _characters(self) -> str:
        with np.load(WEIGHTS) as stored:
            return str(stored["characters"])

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.log_severity_level = 3
        model = self.recogniser.read_bytes() + _one_more_output(_FEATURES)
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _one_more_output(name: bytes) -> bytes:
    """What makes a tensor an output of an ONNX model when it stands after it.

    Protocol buffers that follow each other are merged: this is ModelProto.graph (7) with one
    GraphProto.output (12), a ValueInfoProto of this name (1).
    """
    value = b"\x0a" + bytes([len(name)]) + name
    graph = b"\x62" + bytes([len(value)]) + value
    return b"\x3a" + bytes([len(graph)]) + graph


def _prepared(line: npt.NDArray[np.uint8]) -> Floats:
    """Float32 [1, 3, 48, width], -1..1."""
    from PIL import Image

    height, width = line.shape[:2]
    size = max(16, round(_HEIGHT * width / height)), _HEIGHT
    scaled = np.asarray(Image.fromarray(line).resize(size, Image.Resampling.BILINEAR))
    return np.asarray(scaled.transpose(2, 0, 1)[None] / np.float32(127.5) - 1, np.float32)


def _block(x: Floats, weights: Mapping[str, Floats], name: str) -> Floats:
    kernel = weights[f"{name}.c.weight"][:, 0]  # [channels, 7]
    reach = kernel.shape[1] // 2
    padded = np.pad(_normal(x, weights, f"{name}.n"), ((reach, reach), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[1], axis=0)
    mixed = (windows * kernel).sum(axis=2) + weights[f"{name}.c.bias"]
    hidden = _linear(mixed.astype(np.float32), weights, f"{name}.a")
    return _linear(hidden / (1 + np.exp(-hidden)), weights, f"{name}.b")


def _linear(x: Floats, weights: Mapping[str, Floats], name: str) -> Floats:
    return np.asarray(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])


def _normal(x: Floats, weights: Mapping[str, Floats], name: str) -> Floats:
    centred = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return np.asarray(centred / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"])


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
