"""Models of the official size and shape for timing: the official files where they lie, else random ones.

How long a network takes does not depend on what its weights say. A random detector sees nothing, so that
its suppression of overlapping boxes costs less than a trained one's; the report says which were used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.models.fetch import pull
from gaze_pipeline.models.installed import ModelState, model_dir, sha256, status
from gaze_pipeline.models.manifest import ModelSpec, load_manifest
from gaze_pipeline.settings import ModelSettings
from tests.conftest import TEST_MODELS

_CLIP = "open_clip_model.safetensors"
_DETECTOR = "ssdlite320_mobilenet_v3_large_coco-a79551df.pth"


@dataclass(frozen=True)
class BenchModels:
    """Where the models are, and the file or folder that the baseline loads for each kind."""

    settings: ModelSettings
    official: bool
    whisper: Path
    clip: Path
    detector: Path


def bench_models(folder: Path) -> BenchModels:
    """The models to time; Whisper is always the real one (`make models-for-tests`)."""
    shipped = load_manifest()
    whisper = model_dir(shipped.of_kind("whisper"), TEST_MODELS)
    specs = [shipped.of_kind("clip"), shipped.of_kind("detector")]
    states = [status(spec, TEST_MODELS).state for spec in specs]
    if states == [ModelState.READY, ModelState.READY]:
        clip, detector = (model_dir(spec, TEST_MODELS) for spec in specs)
        settings = ModelSettings(directory=TEST_MODELS, device="cpu")
        return BenchModels(settings, True, whisper, clip / _CLIP, detector / _DETECTOR)
    clip, detector = _random_clip(folder / "clip"), _random_detector(folder / "detector")
    manifest = _manifest(folder, specs, (clip, detector))
    models = folder / "models"
    models.mkdir()
    for kept in ("whisper-base", shipped.of_kind("sentence").id):
        (models / kept).symlink_to(TEST_MODELS / kept)
    settings = ModelSettings(directory=models, manifest=manifest, device="cpu")
    for kind in ("clip", "detector"):
        pull(load_manifest(manifest).of_kind(kind), models)
    return BenchModels(settings, False, whisper, clip, detector)


def clip_alone(folder: Path) -> ModelSettings:
    """Settings with a randomly initialised image model of the official shape, and no other."""
    spec = load_manifest().of_kind("clip")
    manifest = _manifest(folder, [spec], (_random_clip(folder / "clip"),))
    models = folder / "models"
    pull(load_manifest(manifest).of_kind("clip"), models)
    return ModelSettings(directory=models, manifest=manifest, device="cpu")


def _random_clip(folder: Path) -> Path:
    import open_clip
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    weights = open_clip.create_model("ViT-B-32", pretrained=None).state_dict()
    save_file({name: value.contiguous() for name, value in weights.items()}, folder / _CLIP)
    return folder / _CLIP


def _random_detector(folder: Path) -> Path:
    import torch
    from torchvision.models.detection import ssdlite320_mobilenet_v3_large

    folder.mkdir(parents=True)
    model = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)
    torch.save(model.state_dict(), folder / _DETECTOR)
    return folder / _DETECTOR


def _manifest(folder: Path, specs: list[ModelSpec], files: tuple[Path, ...]) -> Path:
    """A manifest like the shipped one, whose image models come from these files."""
    lines = []
    for spec, file in zip(specs, files, strict=True):
        lines += [
            "[[model]]",
            f'id = "{spec.id}"',
            f'kind = "{spec.kind}"',
            f'title = "{spec.title}, random weights"',
            f'licence = "{spec.licence}"',
            f"params = {_inline(spec.params)}",
            "[[model.source]]",
            'name = "random"',
            'kind = "folder"',
            f'location = "{file.parent.name}"',
            f'files = [{{ name = "{file.name}", sha256 = "{sha256(file)}" }}]',
        ]
    path = folder / "manifest.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _inline(params: dict[str, str | int | float | bool]) -> str:
    pairs = (f"{key} = {value!r}".replace("True", "true") for key, value in params.items())
    return "{ " + ", ".join(pairs) + " }"


def variables(settings: ModelSettings) -> dict[str, str]:
    """The environment under which Gaze uses these models."""
    chosen = {"GAZE_MODELS": str(settings.directory), "GAZE_MODELS__DEVICE": "cpu"}
    if settings.manifest is not None:
        chosen["GAZE_MODELS__MANIFEST"] = str(settings.manifest)
    return chosen
