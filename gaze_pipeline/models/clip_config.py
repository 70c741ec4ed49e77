"""How a CLIP model is built, read without importing open_clip, which takes seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gaze_pipeline.models.clip_tokens import VOCAB_SIZE
from gaze_pipeline.models.package_file import package_file
from gaze_pipeline.models.text_tower import TextShape

WEIGHTS = "open_clip_model.safetensors"
CONFIG = "open_clip_config.json"
UNFIT = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What reading files raises that are none of a CLIP model."""
_SIZES = {"context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio"}
_USUAL = {"pool_type": "argmax", "proj_type": "linear", "block_type": "default"}


@dataclass(frozen=True)
class ClipConfig:
    """`architecture` as open_clip takes it, the text side of it, and how the model sees pictures."""

    architecture: dict[str, Any]
    text: TextShape
    seen: dict[str, Any]

    @classmethod
    def read(cls, directory: Path, params: Mapping[str, object]) -> ClipConfig:
        """From `open_clip_config.json` beside the weights, else the built-in one of `params["model_name"]`.

        Raises one of `UNFIT`, a ValueError where the model is of a kind that Gaze does not know.
        """
        if (directory / CONFIG).is_file():
            config = json.loads((directory / CONFIG).read_text(encoding="utf-8"))
            architecture, seen = config["model_cfg"], config.get("preprocess_cfg", {})
        else:
            path = package_file("open_clip", f"model_configs/{params['model_name']}.json")
            if not path.is_file():
                raise ValueError(f"open_clip knows no model {params['model_name']}")
            architecture, seen = json.loads(path.read_text(encoding="utf-8")), {}
        return cls(architecture, _text_shape(architecture), seen)


def _text_shape(architecture: Mapping[str, Any]) -> TextShape:
    """The sizes of the text side, which has to be CLIP's own: causal, read off at its end, its tokens."""
    text: dict[str, Any] = {"context_length": 77, "vocab_size": VOCAB_SIZE, "mlp_ratio": 4.0}
    text |= architecture["text_cfg"]
    odd = [key for key in text.keys() - _SIZES if text[key] and text[key] != _USUAL.get(key)]
    if odd or text["vocab_size"] != VOCAB_SIZE:
        raise ValueError(f"not CLIP's own text model: {', '.join(sorted(odd)) or 'vocab_size'}")
    return TextShape(
        context_length=text["context_length"],
        vocab_size=text["vocab_size"],
        width=text["width"],
        heads=text["heads"],
        layers=text["layers"],
        hidden=int(text["width"] * text["mlp_ratio"]),
        dim=architecture["embed_dim"],
        quick_gelu=bool(architecture.get("quick_gelu", False)),
    )
