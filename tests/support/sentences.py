"""A small sentence model: a file as the real one has it, and an encoder that knows a few words by heart.

`write_model` writes an encoder of random weights, in the format of the package that carries the real one.
`TinyEncoder` gives texts vectors by the topics of their words: "money problems" lies near "we cannot afford
the rent", as both are of the first of `TOPICS`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gaze_pipeline.models.vectors import Vectors, unit_rows
from tests.support.synthetic import SENTENCE_MODEL_ID

WIDTH, LAYERS, HEADS, HIDDEN, POSITIONS = 32, 2, 2, 64, 24
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
WORDS = ("query", "passage", "rent", "money", "afford", "the", "we")
PIECES = (
    *SPECIAL,
    "\u2581",
    *(f"\u2581{word}" for word in WORDS),
    *"abcdefghijklmnopqrstuvwxyz:,?",
)
TOPICS = (
    ("money", "rent", "afford", "debt", "pay"),
    ("glacier", "climate", "ice", "warming"),
    ("wedding", "marry", "bride"),
    ("train", "delay", "railway"),
)


def write_model(path: Path, seed: int = 0) -> None:
    """Write a model with random weights."""
    rng = np.random.default_rng(seed)
    tensors: dict[str, tuple[int, bytes, int]] = {}

    def floats(name: str, *shape: int, around: float = 0.0) -> None:
        values = (rng.standard_normal(shape) * 0.1 + around).astype("<f4")
        tensors[name] = 0, values.tobytes(), values.size

    def matrix(name: str, outputs: int, inputs: int) -> None:
        values = rng.standard_normal((outputs, inputs)) * inputs**-0.5
        tensors[name] = 1, quantised(values), values.size

    matrix("emb.word", len(PIECES), WIDTH)
    floats("emb.pos", POSITIONS, WIDTH)
    floats("emb.type", 2, WIDTH)
    _norm(floats, "emb.ln")
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao"):
            matrix(f"l{layer}.{part}.w", WIDTH, WIDTH)
            floats(f"l{layer}.{part}.b", WIDTH)
        _norm(floats, f"l{layer}.aln")
        matrix(f"l{layer}.fi.w", HIDDEN, WIDTH)
        floats(f"l{layer}.fi.b", HIDDEN)
        matrix(f"l{layer}.fo.w", WIDTH, HIDDEN)
        floats(f"l{layer}.fo.b", WIDTH)
        _norm(floats, f"l{layer}.oln")
    head = b"E5S1" + struct.pack("<I7ifi", 1, *_SIZES, 1e-12, 32) + _vocabulary()
    path.write_bytes(_assembled(head, tensors))


_SIZES = (WIDTH, LAYERS, HEADS, HIDDEN, len(PIECES), POSITIONS, 2)


def quantised(values: npt.NDArray[np.floating]) -> bytes:
    """Numbers in blocks of 32 with a float16 scale and 4 bits each."""
    blocks = values.reshape(-1, 32)
    scales = (np.abs(blocks).max(axis=1, keepdims=True) / 7).astype("<f2")
    codes = np.clip(np.round(blocks / scales.astype(float)), -8, 7).astype(np.int8) + 8
    packed = (codes[:, :16] | (codes[:, 16:] << 4)).astype(np.uint8)
    return np.concatenate([scales.view(np.uint8), packed], axis=1).tobytes()


class TinyEncoder:
    """Texts by the topics of their words, and a little by the words themselves."""

    model_id = SENTENCE_MODEL_ID
    dim = 4096

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self._topics = unit_rows(rng.standard_normal((len(TOPICS), self.dim)).astype(np.float32))
        self.everyday = self.encode_lines(["weather", "music", "food", "sports", "cars"])

    def encode_lines(self, texts: Sequence[str]) -> Vectors:
        """Texts to unit vectors [n, dim]."""
        return np.stack([self._vector(text) for text in texts])

    def encode_query(self, text: str) -> Vectors:
        """A query to a unit vector [dim]."""
        return self._vector(text)

    def _vector(self, text: str) -> Vectors:
        words = [word.strip(".,?!'").casefold() for word in text.split()]
        own = sum(
            np.random.default_rng([*word.encode(), 7]).standard_normal(self.dim) for word in words
        )
        vector = 0.5 * np.asarray(own, np.float32) / max(np.linalg.norm(own), 1e-6)
        for topic, centre in zip(TOPICS, self._topics, strict=True):
            vector = vector + centre * any(word.startswith(topic) for word in words)
        return unit_rows(vector[None].astype(np.float32))[0]


def _norm(floats, name: str) -> None:  # type: ignore[no-untyped-def]
    floats(f"{name}.w", WIDTH, around=1.0)
    floats(f"{name}.b", WIDTH)


def _vocabulary() -> bytes:
    encoded = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, encoded)]).astype("<u4")
    scores = [0.0 if piece in SPECIAL else -4.0 / len(piece) - 2.0 for piece in PIECES]
    joined = b"".join(encoded)
    replaced = [(ord("\u00a0"), " "), (ord("A"), "a"), (ord("\ufb01"), "fi")]
    table = b"".join(
        struct.pack("<IB", code, len(text)) + struct.pack(f"<{len(text)}I", *map(ord, text))
        for code, text in replaced
    )
    return b"".join(
        [
            struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(joined)),
            ends.tobytes(),
            np.array(scores, "<f4").tobytes(),
            joined,
            struct.pack("<iI", len(replaced), len(table)),
            table,
        ]
    )


def _assembled(head: bytes, tensors: dict[str, tuple[int, bytes, int]]) -> bytes:
    """Head, table and tensors; the table says where each lies."""
    rows = sum(2 + len(name) + 1 + 4 + 16 for name in tensors)
    at = len(head) + 4 + rows
    table, content = [struct.pack("<i", len(tensors))], []
    for name, (kind, stored, count) in tensors.items():
        table.append(struct.pack("<H", len(name)) + name.encode())
        table.append(struct.pack("<BIQQ", kind, count, at, len(stored)))
        content.append(stored)
        at += len(stored)
    return b"".join([head, *table, *content])
