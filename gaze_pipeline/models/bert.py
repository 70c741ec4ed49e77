"""A text encoder like BERT (Devlin et al. 2019) on CTranslate2, with 8-bit weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gaze_pipeline.models.quantised_file import QuantisedFile
from gaze_pipeline.models.vectors import Vectors

_COMPUTED_IN = "int8"
_BATCH_TOKENS = 1024


class Bert:
    """Tokens to vectors; threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Open what `convert` wrote. Raises RuntimeError where it is damaged."""
        from ctranslate2 import Encoder

        self._encoder = Encoder(
            str(folder), device="cpu", compute_type=_COMPUTED_IN, intra_threads=1
        )

    def means(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Texts as their tokens to the mean of what these become, [n, width]; at least one text."""
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        made: dict[int, Vectors] = {}
        for batch in _batches(order, texts):
            given = [list(texts[number]) for number in batch]
            states = np.array(self._encoder.forward_batch(given).last_hidden_state)
            for number, state in zip(batch, states, strict=True):
                made[number] = state[: len(texts[number])].mean(axis=0)
        return np.stack([made[number] for number in range(len(texts))])


def _batches(order: Sequence[int], texts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Numbers of texts of about one length, the shortest first, so that little is padded."""
    batches: list[list[int]] = []
    for number in order:
        if not batches or (len(batches[-1]) + 1) * len(texts[number]) > _BATCH_TOKENS:
            batches.append([])
        batches[-1].append(number)
    return batches


def convert(file: QuantisedFile, folder: Path) -> None:
    """Write a model as CTranslate2 reads it. Raises KeyError or ValueError where tensors do not fit."""
    from ctranslate2.specs import TransformerEncoderModelSpec, TransformerEncoderSpec
    from ctranslate2.specs.common_spec import Activation, EmbeddingsMerge

    sizes = file.sizes
    encoder = TransformerEncoderSpec(
        sizes.layers,
        sizes.heads,
        pre_norm=False,
        activation=Activation.GELU,
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=EmbeddingsMerge.ADD,
    )
    _fill(encoder, file)
    spec = TransformerEncoderModelSpec(encoder)
    spec.config.layer_norm_epsilon = sizes.epsilon
    spec.register_vocabulary([str(number) for number in range(sizes.vocabulary)])
    spec.validate()
    spec.optimize(quantization=_COMPUTED_IN)
    spec.save(str(folder))


def _fill(encoder: Any, file: QuantisedFile) -> None:
    sizes = file.sizes
    width = sizes.width
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = file.get("emb.word", sizes.vocabulary, width)
    encoder.embeddings[1].weight = file.get("emb.type", sizes.kinds, width)
    encoder.position_encodings.encodings = file.get("emb.pos", sizes.positions, width)
    _norm(encoder.layernorm_embedding, file, "emb.ln", width)
    for index, layer in enumerate(encoder.layer):
        attention, name = layer.self_attention, f"l{index}"
        parts = [f"{name}.{part}" for part in "qkv"]
        attention.linear[0].weight = np.concatenate(
            [file.get(f"{part}.w", width, width) for part in parts]
        )
        attention.linear[0].bias = np.concatenate([file.get(f"{part}.b", width) for part in parts])
        _linear(attention.linear[1], file, f"{name}.ao", width, width)
        _norm(attention.layer_norm, file, f"{name}.aln", width)
        _linear(layer.ffn.linear_0, file, f"{name}.fi", sizes.hidden, width)
        _linear(layer.ffn.linear_1, file, f"{name}.fo", width, sizes.hidden)
        _norm(layer.ffn.layer_norm, file, f"{name}.oln", width)


def _linear(layer: Any, file: QuantisedFile, name: str, outputs: int, inputs: int) -> None:
    layer.weight = file.get(f"{name}.w", outputs, inputs)
    layer.bias = file.get(f"{name}.b", outputs)


def _norm(layer: Any, file: QuantisedFile, name: str, width: int) -> None:
    layer.gamma = file.get(f"{name}.w", width)
    layer.beta = file.get(f"{name}.b", width)
