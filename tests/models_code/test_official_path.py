"""The road of the official weights, walked with random ones of the same names, shapes and formats.

So that the first machine that reaches the official hosts finds no surprise: served by HTTP with a redirect
and a cut, pulled, verified, loaded and run.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from safetensors.torch import save_file

from gaze_pipeline.models.fetch import pull
from gaze_pipeline.models.hub import Models
from gaze_pipeline.models.installed import ModelState
from gaze_pipeline.models.manifest import Kind, Manifest, load_manifest
from tests.models_code.file_server import FileServer
from tests.models_code.toys import save_detector

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Files as the official sources have them, with random numbers in them."""
    folder = tmp_path_factory.mktemp("release")
    torch.manual_seed(0)
    weights = open_clip.create_model("ViT-B-32").state_dict()
    save_file(
        {name: value.contiguous() for name, value in weights.items()},
        folder / "open_clip_model.safetensors",
    )
    save_detector(folder)
    yield folder
    shutil.rmtree(folder)


def test_official_files_have_the_pinned_shape(release: Path) -> None:
    """Same tensors, same precision: the weights take the same bytes, whatever their numbers."""
    for kind in ("clip", "detector"):
        (file,) = load_manifest().of_kind(kind).sources[0].files
        assert file.bytes is not None
        size = (release / file.name).stat().st_size
        assert size == pytest.approx(file.bytes, rel=0.002)


def test_pulled_verified_loaded_and_run(server: FileServer, release: Path, tmp_path: Path) -> None:
    manifest = _served(server, release)
    server.cuts = [10_000_000]
    for spec in manifest.models[1:]:
        pull(spec, tmp_path)

    models = Models(manifest, tmp_path, "cpu", threads=2)
    assert {entry.kind for entry in models.status() if entry.state is ModelState.READY} == {
        "clip",
        "detector",
    }
    assert any(wanted == "bytes=10000000-" for _, wanted in server.requests)

    picture = np.random.default_rng(0).integers(0, 256, (288, 512, 3), dtype=np.uint8)
    clip = models.clip()
    reference = open_clip.create_model(
        "ViT-B-32", pretrained=str(release / "open_clip_model.safetensors")
    ).eval()
    with torch.inference_mode():
        expected = reference.encode_text(
            open_clip.get_tokenizer("ViT-B-32")(["a red car"]), normalize=True
        )
    assert (clip.model_id, clip.dim) == ("openclip-vit-b-32", 512)
    assert clip.encode_images([picture, picture[:, :100]]).shape == (2, 512)
    said = models.clip_text().encode_texts(["a red car"])
    assert (said @ expected.numpy().T).item() > 0.999

    detector = models.detector()
    assert len(detector.labels) == 80
    assert len(detector.detect([picture, picture[:, :100]])) == 2
    shutil.rmtree(tmp_path)  # pytest would keep these 600 MB


def _served(server: FileServer, release: Path) -> Manifest:
    """The shipped manifest, its official sources served here behind a redirect with these hashes."""
    shipped = load_manifest()
    specs = [shipped.of_kind("whisper")]
    kinds: tuple[Kind, ...] = ("clip", "detector")
    for kind in kinds:
        spec = shipped.of_kind(kind)
        (source,) = spec.sources
        (file,) = source.files
        content = (release / file.name).read_bytes()
        server.files[f"/store/{file.name}"] = content
        server.redirects[f"/{spec.id}/{file.name}"] = f"{server.url}/store/{file.name}"
        pin = file.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})
        near = source.model_copy(update={"location": f"{server.url}/{spec.id}", "files": (pin,)})
        specs.append(spec.model_copy(update={"sources": (near,)}))
    return shipped.model_copy(update={"models": tuple(specs)})
