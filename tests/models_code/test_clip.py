from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.clip import Clip
from tests.models_code.toys import TINY, save_clip


@pytest.fixture(scope="module")
def clip(folder: Path) -> Clip:
    return Clip.load("toy", folder, {}, "cpu")


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = [(36, 64), (64, 36), (32, 32), (200, 100), (33, 47)]
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


def by_open_clip(folder: Path, images: list[np.ndarray]) -> np.ndarray:
    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    with torch.inference_mode():
        seen = torch.stack([preprocess(Image.fromarray(image)) for image in images])
        vectors: np.ndarray = model.eval().encode_image(seen, normalize=True).numpy()
    return vectors


@pytest.mark.parametrize("quick_gelu", [False, True])
def test_vectors_point_where_those_of_open_clip_itself_do(
    tmp_path: Path, images: list[np.ndarray], quick_gelu: bool
) -> None:
    save_clip(tmp_path, quick_gelu=quick_gelu)
    found = Clip.load("toy", tmp_path, {}, "cpu").encode_images(images)

    cosines = (found * by_open_clip(tmp_path, images)).sum(axis=1)

    assert cosines.min() > 0.999


def test_architectures_other_than_the_plain_one_are_computed_by_open_clip(
    tmp_path: Path, images: list[np.ndarray]
) -> None:
    save_clip(tmp_path, vision_cfg={**TINY["vision_cfg"], "no_ln_pre": True})

    found = Clip.load("toy", tmp_path, {}, "cpu").encode_images(images)

    # Single pixels are rounded otherwise when pictures are made small.
    np.testing.assert_allclose(found, by_open_clip(tmp_path, images), atol=2e-3)


def test_what_was_converted_is_used_again_and_made_anew_where_it_is_damaged(
    tmp_path: Path, images: list[np.ndarray]
) -> None:
    save_clip(tmp_path)
    expected = Clip.load("toy", tmp_path, {}, "cpu").encode_images(images)
    (converted,) = tmp_path.glob(".image-*/*")
    written = converted.stat().st_mtime_ns
    Clip.load("toy", tmp_path, {}, "cpu")
    assert converted.stat().st_mtime_ns == written

    converted.write_bytes(b"cut short")

    found = Clip.load("toy", tmp_path, {}, "cpu").encode_images(images)
    np.testing.assert_array_equal(found, expected)


def test_vectors_are_normalised_and_independent_of_batches(
    clip: Clip, images: list[np.ndarray]
) -> None:
    together = clip.encode_images(images)
    apart = np.concatenate([clip.encode_images([image]) for image in images])

    assert together.shape == (len(images), clip.dim)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(together, apart, atol=1e-5)


def test_nothing_gives_no_vectors(clip: Clip) -> None:
    assert clip.encode_images([]).shape == (0, clip.dim)


def test_half_precision_files_are_computed_in_single(
    tmp_path: Path, clip: Clip, images: list[np.ndarray]
) -> None:
    save_clip(tmp_path, torch.float16)

    half = Clip.load("toy", tmp_path, {}, "cpu").encode_images(images)

    np.testing.assert_allclose(half, clip.encode_images(images), atol=5e-3)


def test_threads_may_share_a_model(clip: Clip, images: list[np.ndarray]) -> None:
    expected = clip.encode_images(images)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: clip.encode_images(images), range(8)):
            np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("open_clip_model.safetensors", b"not weights"),
        ("open_clip_config.json", b"{"),
        ("open_clip_config.json", b'{"model_cfg": {"embed_dim": 3}}'),
        (
            "open_clip_config.json",
            b'{"model_cfg": {}, "preprocess_cfg": {"resize_mode": "squash"}}',
        ),
    ],
)
def test_files_that_do_not_fit_are_corrupt(tmp_path: Path, name: str, content: bytes) -> None:
    save_clip(tmp_path)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(GazeError) as caught:
        Clip.load("toy", tmp_path, {}, "cpu")

    assert caught.value.code is ErrorCode.MODEL_CORRUPT


def test_an_unknown_architecture_is_said(tmp_path: Path) -> None:
    save_clip(tmp_path)
    (tmp_path / "open_clip_config.json").unlink()

    with pytest.raises(GazeError) as caught:
        Clip.load("toy", tmp_path, {"model_name": "ViT-nothing"}, "cpu")

    assert "ViT-nothing" in caught.value.detail
