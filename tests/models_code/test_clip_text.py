from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.clip import Clip
from gaze_pipeline.models.clip_text import ClipText
from tests.conftest import CHECKOUT
from tests.models_code.toys import TINY, save_clip

TEXTS = [
    "a dog",
    "",
    "a",
    "a dog",
    "a dog barks",
    "two cups of coffee on a table " * 40,
    "собака",
    "<end_of_text> again",
]
TRAINED = CHECKOUT / "tests" / "models" / "weights" / "test-clip"


def assert_alike(found: np.ndarray, expected: np.ndarray, least: float = 0.999) -> None:
    assert found.shape == expected.shape
    assert (found * expected).sum(axis=1).min() > least


def said_by_open_clip(folder: Path, texts: list[str]) -> np.ndarray:
    model, _ = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    tokens = open_clip.SimpleTokenizer(context_length=model.context_length)(texts)
    with torch.inference_mode():
        vectors: np.ndarray = model.eval().encode_text(tokens, normalize=True).numpy()
    return vectors


@pytest.fixture(scope="module")
def text(folder: Path) -> ClipText:
    return ClipText.load("toy", folder, {})


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"quick_gelu": True},
        {"text_cfg": {**TINY["text_cfg"], "context_length": 16, "mlp_ratio": 3.0}},
        {"text_cfg": {"width": 48, "heads": 4, "layers": 1, "pool_type": "argmax"}},
    ],
    ids=["plain", "quick gelu", "short context", "defaults"],
)
def test_vectors_point_where_those_of_open_clip_itself_do(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    save_clip(tmp_path, **changed)
    found = ClipText.load("toy", tmp_path, {}).encode_texts(TEXTS)
    assert_alike(found, said_by_open_clip(tmp_path, TEXTS))


def test_a_trained_model_says_what_it_says_in_open_clip() -> None:
    found = ClipText.load("trained", TRAINED, {}).encode_texts(TEXTS)
    assert_alike(found, said_by_open_clip(TRAINED, TEXTS), 0.9999)


def test_vectors_are_normalised_and_independent_of_batches(text: ClipText) -> None:
    together = text.encode_texts(TEXTS)

    assert together.shape == (len(TEXTS), text.dim)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(together, text.encode_texts(TEXTS, batch_size=1), atol=1e-5)
    assert text.encode_texts([]).shape == (0, text.dim)


@pytest.mark.parametrize(
    ("dtype", "least"), [(torch.float16, 0.999), (torch.bfloat16, 0.99)], ids=str
)
def test_half_precision_files_say_the_same(
    tmp_path: Path, text: ClipText, dtype: torch.dtype, least: float
) -> None:
    save_clip(tmp_path, dtype)

    half = ClipText.load("toy", tmp_path, {}).encode_texts(TEXTS)

    assert half.dtype == np.float32
    assert_alike(half, text.encode_texts(TEXTS), least)


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".text")]


def test_the_converted_form_is_kept_until_the_weights_change(tmp_path: Path) -> None:
    save_clip(tmp_path)
    first = ClipText.load("toy", tmp_path, {}).encode_texts(TEXTS)
    (converted,) = kept(tmp_path)
    written = converted.stat().st_mtime_ns
    again = ClipText.load("toy", tmp_path, {}).encode_texts(TEXTS)

    np.testing.assert_array_equal(again, first)
    assert [path.stat().st_mtime_ns for path in kept(tmp_path)] == [written]

    torch.manual_seed(7)
    save_clip(tmp_path)
    other = ClipText.load("toy", tmp_path, {}).encode_texts(TEXTS)

    assert len(kept(tmp_path)) == 1
    assert_alike(other, said_by_open_clip(tmp_path, TEXTS))


def test_a_damaged_converted_form_is_made_again(tmp_path: Path) -> None:
    save_clip(tmp_path)
    ClipText.load("toy", tmp_path, {})
    (converted,) = kept(tmp_path)
    (converted / "text.onnx").write_bytes(b"cut")

    assert_alike(
        ClipText.load("toy", tmp_path, {}).encode_texts(TEXTS), said_by_open_clip(tmp_path, TEXTS)
    )
    assert (converted / "text.onnx").stat().st_size > 3


def test_models_are_read_where_nothing_can_be_written_beside_them(tmp_path: Path) -> None:
    save_clip(tmp_path)
    (tmp_path / f".text.{os.getpid()}.tmp").write_bytes(b"in the way")

    found = ClipText.load("toy", tmp_path, {}).encode_texts(TEXTS)

    assert_alike(found, said_by_open_clip(tmp_path, TEXTS))
    assert len(kept(tmp_path)) == 1


def test_threads_may_share_a_model(text: ClipText) -> None:
    expected = text.encode_texts(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: text.encode_texts(TEXTS), range(8)):
            np.testing.assert_array_equal(found, expected)


def test_neither_torch_nor_open_clip_is_imported(folder: Path, text: ClipText) -> None:
    assert kept(folder), "only the first process of all converts"
    code = (
        "import sys; from pathlib import Path; from gaze_pipeline.models.clip_text import ClipText; "
        "ClipText.load('toy', Path(sys.argv[1]), {}).encode_texts(['a dog']); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
    )
    assert {"torch", "open_clip", "safetensors"}.isdisjoint(loaded.stdout.split())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("open_clip_model.safetensors", b""),
        ("open_clip_model.safetensors", b"not weights"),
        ("open_clip_model.safetensors", b"\x02" + bytes(7) + b"{}"),
        ("open_clip_model.safetensors", b"\x02" + bytes(7) + b"[]"),
        ("open_clip_config.json", b"{"),
        ("open_clip_config.json", b"[]"),
        ("open_clip_config.json", b'{"model_cfg": {"embed_dim": 3}}'),
    ],
)
def test_files_that_do_not_fit_are_corrupt(tmp_path: Path, name: str, content: bytes) -> None:
    save_clip(tmp_path)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(GazeError) as caught:
        ClipText.load("toy", tmp_path, {})

    assert caught.value.code is ErrorCode.MODEL_CORRUPT


def test_weights_that_were_cut_off_are_corrupt(tmp_path: Path) -> None:
    save_clip(tmp_path)
    weights = tmp_path / "open_clip_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100_000])

    with pytest.raises(GazeError) as caught:
        ClipText.load("toy", tmp_path, {})

    assert caught.value.code is ErrorCode.MODEL_CORRUPT


@pytest.mark.parametrize(
    "text_cfg",
    [
        {"pool_type": "last"},
        {"no_causal_mask": True},
        {"hf_tokenizer_name": "bert-base-uncased"},
        {"hf_model_name": "roberta-base"},
        {"ls_init_value": 0.1},
        {"qk_norm": True},
        {"proj_bias": True},
        {"norm_kwargs": {"eps": 1e-6}},
        {"act_kwargs": {"approximate": "tanh"}},
        {"vocab_size": 32000},
    ],
    ids=str,
)
def test_text_models_of_another_kind_are_refused_on_both_sides(
    tmp_path: Path, text_cfg: dict[str, Any]
) -> None:
    """What no query could find is not worth indexing."""
    save_clip(tmp_path)
    config = tmp_path / "open_clip_config.json"
    facts = json.loads(config.read_text())
    facts["model_cfg"]["text_cfg"] |= text_cfg
    config.write_text(json.dumps(facts))

    for load in (ClipText.load, Clip.load):
        with pytest.raises(GazeError) as caught:
            load("toy", tmp_path, {})
        assert caught.value.code is ErrorCode.MODEL_CORRUPT
        assert next(iter(text_cfg)) in caught.value.detail


def test_the_built_in_architecture_is_found_by_its_name(tmp_path: Path, folder: Path) -> None:
    weights = tmp_path / "open_clip_model.safetensors"
    weights.write_bytes((folder / weights.name).read_bytes())

    with pytest.raises(GazeError) as caught:
        ClipText.load("toy", tmp_path, {"model_name": "ViT-B-32"})
    assert "[49408, 512]" in caught.value.detail

    with pytest.raises(GazeError) as caught:
        ClipText.load("toy", tmp_path, {"model_name": "ViT-nothing"})
    assert "ViT-nothing" in caught.value.detail
