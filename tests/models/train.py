"""Retrain the small test models and pin them: `python -m tests.models.train`.

About a quarter of an hour for each on two quiet cores; `clip` or `detector` as an argument trains
that one alone. The weights go to `tests/models/weights/` (half precision, 13 MB together) and their
hashes to `tests/models/manifest.toml`, a manifest of the product's own format. Pictures come from
fixed seeds; arithmetic differs in the last digits from machine to machine, so hashes will too.
`pytest tests/models -rP` prints how good the result is and fails if it is not good enough.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import torch

from tests.models import train_clip, train_detector

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights"
TRAINERS = {"clip": train_clip.train, "detector": train_detector.train}
TITLES = {
    "clip": "Small CLIP of coloured shapes",
    "detector": "SSDLite320 MobileNetV3-Large of shapes",
}


def main() -> None:
    """Train what is asked for and pin what there is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", nargs="?", choices=TRAINERS, help="default: both")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    for kind in [given.kind] if given.kind else TRAINERS:
        TRAINERS[kind](WEIGHTS / f"test-{kind}")
    (HERE / "manifest.toml").write_text(manifest(WEIGHTS), encoding="utf-8")


def manifest(weights: Path) -> str:
    """The manifest, in TOML, of the models that lie in `weights`."""
    lines = ["# Written by `python -m tests.models.train`: small models in place of the official."]
    for kind, title in TITLES.items():
        folder = weights / f"test-{kind}"
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        lines += [
            "",
            "[[model]]",
            f'id = "test-{kind}"',
            f'kind = "{kind}"',
            f'title = "{title}"',
            'licence = "MIT"',
            "",
            "[[model.source]]",
            'name = "repository"',
            'kind = "folder"',
            f'location = "weights/{folder.name}"',
            "files = [",
            *(f"  {_pin(path)}," for path in files),
            "]",
        ]
    return "\n".join(lines) + "\n"


def _pin(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f'{{ name = "{path.name}", bytes = {path.stat().st_size}, sha256 = "{digest}" }}'


if __name__ == "__main__":
    main()
