"""Train the small CLIP: an open_clip model on rendered shapes and what can be said of them.

A caption may be true of several pictures of a batch and a picture may satisfy several captions, so
each row and column of the similarity matrix is drawn to all its true partners alike. Lessons go
from easy to hard: a transformer this small learns colours at once, and outlines only when it first
sees them large, alone and fully named.
"""

from __future__ import annotations

import json
import time
from functools import cache, partial
from pathlib import Path

import numpy as np
import open_clip
import torch
from open_clip.transform import image_transform
from PIL import Image
from safetensors.torch import save_file
from torch.nn.functional import log_softmax

from tests.models.captions import Claim, claim
from tests.models.stream import stream
from tests.support.shapes import NAMES, Shape, render

STEPS = 1300
PAIRS, EMPTY = 12, 4
FRAMES = ((228, 128), (228, 128), (512, 288), (171, 128), (128, 128), (128, 228))
SEED = 10_000_000
MODEL = {
    "embed_dim": 128,
    "vision_cfg": {"image_size": 64, "layers": 4, "width": 128, "head_width": 32, "patch_size": 8},
    "text_cfg": {
        "context_length": 77,
        "vocab_size": 49408,
        "width": 64,
        "heads": 2,
        "layers": 2,
    },
}
PREPROCESS = {
    "mean": list(open_clip.OPENAI_DATASET_MEAN),
    "std": list(open_clip.OPENAI_DATASET_STD),
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def train(folder: Path, steps: int = STEPS) -> None:
    """Write `open_clip_model.safetensors` (half precision) and `open_clip_config.json`."""
    torch.manual_seed(0)
    model = open_clip.CLIP(**MODEL)
    model.train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.02, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps))
    started = time.monotonic()
    for step, (images, texts, true) in enumerate(stream(partial(_batch, steps=steps), steps)):
        seen, said, scale = model(images, texts)
        logits = scale * seen @ said.T
        loss = (_pull(logits, true) + _pull(logits.T, true.T)) / 2
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, float(np.log(100)))
        if step % 50 == 0:
            right = true.gather(1, logits.argmax(1, keepdim=True)).mean()
            spent = time.monotonic() - started
            print(
                f"clip {step:4d}/{steps}  loss {loss.item():.3f}  right {right:.2f}  {spent:.0f} s",
                flush=True,
            )
    _save(model, folder)


def _pull(logits: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    share = true / true.sum(1, keepdim=True)
    floor = -(share * share.clamp_min(1e-9).log()).sum(1)
    return (-(share * log_softmax(logits, dim=1)).sum(1) - floor).mean()


def _rate(step: int, steps: int) -> float:
    """The learning rate as a share of its peak: a rise, a plain, a cosine down from the middle."""
    fall = max(0.0, 2 * step / steps - 1)
    return min(1.0, (step + 1) / 50) * 0.5 * (1 + float(np.cos(np.pi * fall)))


def _batch(step: int, steps: int) -> Batch:
    """Pictures float32 [n, 3, 64, 64], caption tokens int64 [n, 77], truth float32 [n, n]."""
    rng = np.random.default_rng(SEED + step)
    hard = float(np.clip(3.5 * step / steps - 1.2, 0, 1))
    names = [[name] for name in rng.permutation(NAMES)]
    names += [list(rng.choice(NAMES, 2, replace=False)) for _ in range(round(PAIRS * hard))]
    names += [[] for _ in range(round(EMPTY * hard))]
    preprocess = image_transform(64, is_train=False)
    images, scenes, claims = [], list[tuple[Shape, ...]](), list[Claim]()
    for index, wanted in enumerate(names):
        width, height = FRAMES[rng.integers(len(FRAMES))]
        scene = render(
            [str(name) for name in wanted],
            seed=SEED + step * 100 + index,
            width=width,
            height=height,
            sizes=(0.55 - 0.3 * hard, 0.75) if len(wanted) < 2 else (0.25, 0.5),
        )
        images.append(preprocess(Image.fromarray(scene.image)))
        scenes.append(scene.shapes)
        claims.append(claim(rng, scene.shapes, vague=0.25 * hard))
    texts = _tokenizer()([said.text for said in claims])
    true = [[float(said.holds(shapes)) for said in claims] for shapes in scenes]
    return torch.stack(images), texts, torch.tensor(true)


@cache
def _tokenizer() -> open_clip.SimpleTokenizer:
    return open_clip.SimpleTokenizer()


def _save(model: torch.nn.Module, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
    facts = {"model_cfg": MODEL, "preprocess_cfg": PREPROCESS}
    (folder / "open_clip_config.json").write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
