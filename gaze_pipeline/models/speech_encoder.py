"""The encoder of Whisper on ONNX Runtime (Radford et al. 2022, 2.2), from the file that CTranslate2 reads.

It rounds to 8 bits as CTranslate2 does on a CPU, one scale a row, and takes three fifths of its time: most of
that goes into attention, which here never holds the weights of all pairs of frames. In the same run it tells
which languages may be spoken.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gaze_pipeline.models.converted import opened
from gaze_pipeline.models.ct2_file import Ct2File
from gaze_pipeline.models.graph import Graph, session
from gaze_pipeline.models.spoken_language import FirstStep
from gaze_pipeline.models.transformer import Transformer
from gaze_pipeline.models.vectors import Vectors

Ranked = list[tuple[str, float]]
"""Languages (ISO 639) and their probabilities, likeliest first."""

_LAYOUT = 2
"""The number of the form that is written below; another form takes another."""
_FILE = "encoder.onnx"
_AT_ONCE = 2
"""Clips: what lies between their layers stays small, and both cores have something to do."""
_NAMES = {
    "transformer.resblocks.": "encoder/layer_",
    ".ln_1.": "/self_attention/layer_norm/",
    ".attn.in_proj_": "/self_attention/linear_0/",
    ".attn.out_proj.": "/self_attention/linear_1/",
    ".ln_2.": "/ffn/layer_norm/",
    ".mlp.c_fc.": "/ffn/linear_0/",
    ".mlp.c_proj.": "/ffn/linear_1/",
    "ln_post.": "encoder/layer_norm/",
    "layer_norm/weight": "layer_norm/gamma",
    "layer_norm/bias": "layer_norm/beta",
}
"""What CTranslate2 calls the parts of a transformer."""


class SpeechEncoder:
    """Features of sound to what the decoder listens to; threads may share it."""

    def __init__(self, model: Path, tokenizer: Any, threads: int) -> None:
        """Open the encoder of a `model.bin`, in the form kept beside it since it was first opened.

        Raises OSError, or KeyError or ValueError where the files are none of a Whisper in floating numbers.
        """
        tokens = json.loads(model.with_name("config.json").read_text(encoding="utf-8"))["lang_ids"]
        start = tokenizer.token_to_id("<|startoftranscript|>")
        self._languages = [tokenizer.id_to_token(token)[2:-2] for token in tokens]
        self._session = opened(
            model,
            "speech",
            _LAYOUT,
            lambda folder: _convert(Ct2File(model), folder / _FILE, start, tokens),
            lambda folder: session(folder / _FILE, threads),
        )

    def encode(self, features: Vectors) -> tuple[Any, list[Ranked]]:
        """What the decoder listens to, and the languages of each clip, likeliest first.

        Log-mel features [clips, mels, frames] become CTranslate2's [clips, frames / 2, width].
        """
        from ctranslate2 import StorageView

        parts = [
            self._session.run(["encoded", "languages"], {"x": features[first : first + _AT_ONCE]})
            for first in range(0, len(features), _AT_ONCE)
        ]
        encoded, chances = (np.concatenate(part) for part in zip(*parts, strict=True))
        return StorageView.from_array(encoded), [self._ranked(row) for row in chances]

    def _ranked(self, chances: Vectors) -> Ranked:
        return [(self._languages[index], float(chances[index])) for index in np.argsort(-chances)]


def _convert(file: Ct2File, path: Path, start: int, languages: Sequence[int]) -> None:
    width, mels, kernel = file.value("encoder/conv1/weight").shape
    hidden = file.value("encoder/layer_0/ffn/linear_0/weight").shape[0]
    longest = file.value("encoder/position_encodings/encodings").shape[0]
    graph = Graph()
    x = graph.node("Gelu", _convolved(graph, file, "x", 1, (width, mels, kernel)))
    x = graph.node("Gelu", _convolved(graph, file, x, 2, (width, width, kernel)))
    x = graph.node("Transpose", x, perm=[0, 2, 1])
    places = file.tensor("encoder/position_encodings/encodings", longest, width)
    first, count = graph.constant(np.array([0])), graph.node("Shape", x, start=1, end=2)
    x = graph.node("Add", x, graph.node("Slice", graph.constant(places), first, count))
    blocks = Transformer(
        graph=graph,
        tensor=lambda name, *shape: file.tensor(_named(name), *shape),
        width=width,
        heads=int(file.value("encoder/num_heads")),
        layers=sum(f"encoder/layer_{number}/ffn/linear_0/weight" in file for number in range(99)),
        hidden=hidden,
        quick_gelu=False,
        causal=False,
    )
    encoded = blocks.norm(blocks.every(x), "ln_post")
    decoder = FirstStep(graph, file, width, int(file.value("decoder/num_heads")))
    chances = decoder.chances(encoded, start, languages)
    graph.save(path, ["n", mels, "frames"], np.float32, encoded=encoded, languages=chances)


def _convolved(
    graph: Graph, file: Ct2File, x: str, number: int, shape: tuple[int, int, int]
) -> Any:
    name = f"encoder/conv{number}"
    weight, bias = file.tensor(f"{name}/weight", *shape), file.tensor(f"{name}/bias", shape[0])
    kernel = (graph.constant(weight), graph.constant(bias))
    return graph.node("Conv", x, *kernel, pads=[1, 1], strides=[number], kernel_shape=[shape[2]])


def _named(name: str) -> str:
    for open_clips, theirs in _NAMES.items():
        name = name.replace(open_clips, theirs)
    return name
