"""Randomly initialised models in the official formats, small unless told otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file
from torchvision.models.detection import ssdlite320_mobilenet_v3_large

TINY: dict[str, Any] = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "patch_size": 8, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


def save_clip(folder: Path, dtype: torch.dtype = torch.float32, **changed: Any) -> None:
    """A tiny CLIP beside its configuration, no weight of it one or nought; with `changed` settings."""
    torch.manual_seed(0)
    architecture = {**TINY, **changed}
    weights = open_clip.CLIP(**architecture).state_dict()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {
            name: (value + 0.02 * torch.randn_like(value)).to(dtype).contiguous()
            for name, value in weights.items()
        },
        folder / "open_clip_model.safetensors",
    )
    facts = {"model_cfg": architecture, "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(facts))


def save_detector(folder: Path, classes: int = 91, half: bool = False) -> torch.nn.Module:
    """An SSDLite under the official file name, with answers that differ from place to place."""
    torch.manual_seed(0)
    model = ssdlite320_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=classes, score_thresh=0.3
    ).eval()
    for name, value in model.state_dict().items():
        if "running" not in name and value.dim() == 4:
            value.mul_(3.0)
        if name.endswith(".0.1.running_mean"):
            value.normal_(0, 0.1)
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: value.half() if half and value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    torch.save(state, folder / "ssdlite320_mobilenet_v3_large_coco-a79551df.pth")
    return model
