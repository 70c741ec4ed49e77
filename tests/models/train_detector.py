"""Train the small detector: torchvision's SSDLite320 MobileNetV3-Large on rendered shapes.

The architecture is the official one with seven classes instead of 91; it learns from nothing.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import interpolate
from torchvision.models.detection import ssdlite320_mobilenet_v3_large

from tests.models.stream import stream
from tests.support.shapes import KINDS, NAMES, render

STEPS = 400
BATCH = 16
FRAMES = ((512, 288), (512, 288), (384, 288), (288, 288), (216, 384))
LABELS = ("background", *KINDS)
SEED = 20_000_000


def train(folder: Path, steps: int = STEPS) -> None:
    """Write `ssdlite320.pth` (half precision) and `detector.json` (labels) into `folder`."""
    torch.manual_seed(0)
    model = ssdlite320_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=len(LABELS)
    ).to(memory_format=torch.channels_last)
    model.train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=2e-3, total_steps=steps, pct_start=0.15
    )
    started = time.monotonic()
    for step, (images, targets) in enumerate(stream(_batch, steps)):
        losses = model(images, targets)
        optimiser.zero_grad()
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        if step % 20 == 0:
            parts = "  ".join(f"{name} {loss.item():.3f}" for name, loss in losses.items())
            print(
                f"detector {step:4d}/{steps}  {parts}  {time.monotonic() - started:.0f} s",
                flush=True,
            )
    _save(model, folder)


def _batch(step: int) -> tuple[list[torch.Tensor], list[dict[str, torch.Tensor]]]:
    images, targets = zip(*(_example(SEED + step * BATCH + i) for i in range(BATCH)), strict=True)
    return list(images), list(targets)


def _example(seed: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """One picture squashed to 320 x 320, as the model would, and its boxes in those pixels."""
    rng = np.random.default_rng(seed)
    width, height = FRAMES[rng.integers(len(FRAMES))]
    names = rng.choice(NAMES, rng.choice(5, p=[0.06, 0.3, 0.3, 0.2, 0.14]))
    scene = render(
        [str(name) for name in names],
        seed=seed,
        width=width,
        height=height,
        sizes=(0.2, 0.75),
        wide=bool(rng.random() < 0.8),
    )
    image = torch.tensor(scene.image).permute(2, 0, 1)[None].float() / 255
    corners = [(box.x, box.y, box.x + box.w, box.y + box.h) for box in scene.boxes]
    target = {
        "boxes": torch.tensor(corners, dtype=torch.float32).reshape(-1, 4) * 320,
        "labels": torch.tensor([LABELS.index(box.label) for box in scene.boxes], dtype=torch.int64),
    }
    return interpolate(image, (320, 320), mode="bilinear", align_corners=False)[0], target


def _save(model: torch.nn.Module, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state: dict[str, Any] = {
        name: value.half().contiguous() if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    torch.save(state, folder / "ssdlite320.pth")
    facts = {"labels": LABELS}
    (folder / "detector.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
