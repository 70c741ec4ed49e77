"""The sentence encoder: its file, its pieces, its vectors; the real one where it was pulled."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.bert import Bert, convert
from gaze_pipeline.models.installed import ModelState, model_dir, status
from gaze_pipeline.models.manifest import load_manifest
from gaze_pipeline.models.quantised_file import QuantisedFile
from gaze_pipeline.models.sentence_encoder import WEIGHTS, SentenceEncoder
from gaze_pipeline.models.unigram import Unigram
from gaze_pipeline.models.vectors import Vectors
from tests.conftest import TEST_MODELS
from tests.support.sentences import HEADS, LAYERS, POSITIONS, WIDTH, write_model


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sentences")
    write_model(folder / WEIGHTS)
    return folder


@pytest.fixture(scope="module")
def file(directory: Path) -> QuantisedFile:
    return QuantisedFile(directory / WEIGHTS)


def test_weights_are_what_was_quantised(file: QuantisedFile) -> None:
    bias = file.get("l0.q.b", WIDTH)
    matrix = file.get("l0.q.w", WIDTH, WIDTH)
    assert bias.dtype == matrix.dtype == np.float32
    assert 0.5 < matrix.std() * WIDTH**0.5 < 1.5
    steps = matrix.reshape(-1, 32) / np.abs(matrix.reshape(-1, 32)).max(axis=1, keepdims=True) * 7
    assert np.allclose(steps, np.round(steps), atol=0.01)
    with pytest.raises(ValueError, match="not"):
        file.get("l0.q.w", WIDTH, 2 * WIDTH)
    with pytest.raises(KeyError):
        file.get("l9.q.w", WIDTH, WIDTH)


WORDS = st.text("abmnoreyqu:,? \u00a0A\ufb01€漢", max_size=40)


@settings(max_examples=50, deadline=None)
@given(WORDS)
def test_pieces_are_those_of_the_tokenizers_package(file: QuantisedFile, text: str) -> None:
    pieces = file.pieces
    model = tokenizers.models.Unigram(
        list(zip(pieces.texts, pieces.scores, strict=True)), unk_id=pieces.unknown
    )
    reference = tokenizers.Tokenizer(model)
    reference.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    clean = " ".join(text.translate(pieces.replaced).split())
    assert Unigram(pieces).numbers(text) == reference.encode(clean).ids


def test_the_encoder_computes_what_bert_is(file: QuantisedFile, tmp_path: Path) -> None:
    convert(file, tmp_path)
    texts = [[0, 5, 7, 8, 2], [0, 9, 2]]
    made = Bert(tmp_path).means(texts)
    expected = np.stack([_reference(file, text).mean(axis=0) for text in texts])
    cosines = (made * expected).sum(axis=1) / np.linalg.norm(made, axis=1)
    assert (cosines / np.linalg.norm(expected, axis=1) > 0.99).all()


def test_lines_and_queries_are_unit_vectors(directory: Path) -> None:
    encoder = SentenceEncoder.load("tiny", directory)
    lines = encoder.encode_lines(["we afford the rent", "x" * 200, "", "漢字"])
    assert lines.shape == (4, WIDTH)
    assert lines.dtype == np.float32
    query = encoder.encode_query("money")
    for vectors in (lines, query[None], encoder.everyday):
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert encoder.encode_lines([]).shape == (0, WIDTH)
    alone = encoder.encode_lines(["we afford the rent"])[0]
    assert alone @ lines[0] > 0.999, "beside longer texts, too"


def test_what_was_converted_is_kept(directory: Path) -> None:
    SentenceEncoder.load("tiny", directory)
    (kept,) = directory.glob(".sentences-*")
    before = kept.stat().st_ino
    SentenceEncoder.load("tiny", directory)
    assert [folder.stat().st_ino for folder in directory.glob(".sentences-*")] == [before]
    (kept / "topics.npy").write_bytes(b"")
    encoder = SentenceEncoder.load("tiny", directory)
    assert len(encoder.everyday)


@pytest.mark.parametrize("size", [0, 3, 200, 3000])
def test_a_damaged_file_is_told(directory: Path, tmp_path: Path, size: int) -> None:
    (tmp_path / WEIGHTS).write_bytes((directory / WEIGHTS).read_bytes()[:size])
    with pytest.raises(GazeError) as caught:
        SentenceEncoder.load("tiny", tmp_path)
    assert caught.value.code is ErrorCode.MODEL_CORRUPT


PARAPHRASES = {
    "We can't afford the rent.": "money problems",
    "Der Zug hatte drei Stunden Verspätung.": "Ärger mit der Bahn",
    "Ayer me despidieron del trabajo.": "quedarse sin empleo",
    "Il pleut depuis trois semaines.": "mauvais temps",
    "Он сделал мне предложение на берегу моря.": "свадьба",
    "先把洋葱切碎，再放进锅里炒。": "做菜的方法",
    "The glacier lost nine metres of ice.": "global warming",
}


@pytest.mark.real_models
def test_the_real_model_finds_what_is_meant() -> None:
    spec = load_manifest().of_kind("sentence")
    if status(spec, TEST_MODELS).state is not ModelState.READY:
        reason = "The sentence model is not there: make models-for-tests"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    encoder = SentenceEncoder.load(spec.id, model_dir(spec, TEST_MODELS))
    assert encoder.dim == 384
    lines = encoder.encode_lines(list(PARAPHRASES))
    nearest = [int((lines @ encoder.encode_query(q)).argmax()) for q in PARAPHRASES.values()]
    right = sum(place == number for number, place in enumerate(nearest))
    assert right >= 5
    rent = encoder.encode_query("money problems")
    alike = "We can't afford the rent.", "Non riusciamo più a pagare l'affitto."
    other = "The orchestra plays every summer.", "Die Rosen blühen im Garten."
    assert (encoder.encode_lines(alike) @ rent).min() > (encoder.encode_lines(other) @ rent).max()


def _reference(file: QuantisedFile, text: list[int]) -> Vectors:
    """BERT in NumPy, with the weights of the file."""

    def norm(x: Vectors, name: str) -> Vectors:
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-12)
        return x * file.get(f"{name}.w", WIDTH) + file.get(f"{name}.b", WIDTH)

    def linear(x: Vectors, name: str, outputs: int, inputs: int) -> Vectors:
        made: Vectors = x @ file.get(f"{name}.w", outputs, inputs).T + file.get(
            f"{name}.b", outputs
        )
        return made

    hidden = file.sizes.hidden
    words = file.get("emb.word", file.sizes.vocabulary, WIDTH)[text]
    places = file.get("emb.pos", POSITIONS, WIDTH)[: len(text)]
    flow = norm(words + places + file.get("emb.type", 2, WIDTH)[0], "emb.ln")
    for layer in range(LAYERS):
        q, k, v = (
            linear(flow, f"l{layer}.{part}", WIDTH, WIDTH).reshape(len(text), HEADS, -1)
            for part in "qkv"
        )
        fits = np.einsum("ihd,jhd->hij", q, k) * (WIDTH // HEADS) ** -0.5
        fits = np.exp(fits - fits.max(axis=-1, keepdims=True))
        mixed = np.einsum("hij,jhd->ihd", fits / fits.sum(axis=-1, keepdims=True), v)
        heard = linear(mixed.reshape(len(text), WIDTH), f"l{layer}.ao", WIDTH, WIDTH)
        flow = norm(flow + heard, f"l{layer}.aln")
        wide = linear(flow, f"l{layer}.fi", hidden, WIDTH)
        wide = wide * 0.5 * (1 + np.tanh((2 / np.pi) ** 0.5 * (wide + 0.044715 * wide**3)))
        flow = norm(flow + linear(wide, f"l{layer}.fo", WIDTH, hidden), f"l{layer}.oln")
    return flow
