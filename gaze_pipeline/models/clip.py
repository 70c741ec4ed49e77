"""OpenCLIP: images and texts to vectors of one space.

Weights are mapped from their file, not read into memory: whoever only encodes texts never pays for
the image tower, and processes on one machine share the pages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.device import pick
from gaze_pipeline.models.offline import set_offline
from gaze_pipeline.models.pixels import Preprocess

if TYPE_CHECKING:
    import torch

WEIGHTS = "open_clip_model.safetensors"
CONFIG = "open_clip_config.json"
_UNFIT = (OSError, ValueError, KeyError, TypeError, RuntimeError)

Image = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]


class Clip:
    """A loaded CLIP model; threads may share it."""

    def __init__(
        self, model_id: str, model: Any, tokenizer: Any, preprocess: Preprocess, device: str
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._preprocess = preprocess
        self.model_id = model_id
        self.device = device
        self.dim = int(model.text_projection.shape[-1])

    @classmethod
    def load(
        cls,
        model_id: str,
        directory: Path,
        params: Mapping[str, object],
        device: str = "auto",
    ) -> Clip:
        """Load from files; float32 on a CPU, float16 on a GPU.

        The architecture is that of `open_clip_config.json` beside the weights, else the built-in one
        that `params["model_name"]` names. Raises GazeError(MODEL_CORRUPT).
        """
        set_offline()
        import open_clip
        import torch
        from safetensors import SafetensorError

        name = pick(device).name if torch.cuda.is_available() else "cpu"
        try:
            architecture, seen = _config(directory, params)
            model = _build(architecture, directory / WEIGHTS)
        except (*_UNFIT, SafetensorError) as error:
            raise GazeError(ErrorCode.MODEL_CORRUPT, directory, str(error)) from error
        model.to(device=name, dtype=torch.float16 if name == "cuda" else torch.float32)
        tokenizer = open_clip.SimpleTokenizer(context_length=model.context_length)
        return cls(model_id, model, tokenizer, seen, name)

    def encode_images(self, images: Sequence[Image], batch_size: int = 16) -> Vectors:
        """Images uint8 [height, width, 3] (RGB, any sizes) to float32 [n, dim], L2-normalised."""
        import torch

        rows = []
        for first in range(0, len(images), batch_size):
            pixels = self._preprocess.batch(images[first : first + batch_size])
            with torch.inference_mode():
                rows.append(self._model.encode_image(self._tensor(pixels)))
        return self._vectors(rows)

    def encode_texts(self, texts: Sequence[str], batch_size: int = 64) -> Vectors:
        """Texts to float32 [n, dim], L2-normalised; what is longer than the context is cut."""
        import torch

        rows = []
        for first in range(0, len(texts), batch_size):
            tokens = self._tokenizer(list(texts[first : first + batch_size])).to(self.device)
            with torch.inference_mode():
                rows.append(_text_features(self._model, tokens))
        return self._vectors(rows)

    def _tensor(self, pixels: Vectors) -> torch.Tensor:
        import torch

        return torch.from_numpy(pixels).to(self.device, self._model.text_projection.dtype)

    def _vectors(self, rows: list[torch.Tensor]) -> Vectors:
        if not rows:
            return np.zeros((0, self.dim), dtype=np.float32)
        vectors: Vectors = np.concatenate([row.float().cpu().numpy() for row in rows])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.maximum(lengths, np.finfo(np.float32).tiny)
        return vectors


def _text_features(model: Any, tokens: torch.Tensor) -> torch.Tensor:
    """`model.encode_text` without the padding, which nothing looks at: a tenth of the time."""
    import torch

    if model.text_pool_type != "argmax" or model.attn_mask is None:
        padded: torch.Tensor = model.encode_text(tokens)
        return padded
    last = tokens.argmax(dim=-1)  # the end of the text has the highest number
    length = int(last.max()) + 1
    x = model.token_embedding(tokens[:, :length]) + model.positional_embedding[:length]
    x = model.transformer(x, attn_mask=model.attn_mask[:length, :length])
    features: torch.Tensor = model.ln_final(x)[torch.arange(len(x)), last] @ model.text_projection
    return features


def _config(directory: Path, params: Mapping[str, object]) -> tuple[dict[str, Any], Preprocess]:
    """The architecture and how it sees pictures."""
    import open_clip

    if (directory / CONFIG).is_file():
        config = json.loads((directory / CONFIG).read_text(encoding="utf-8"))
        architecture, seen = config["model_cfg"], config.get("preprocess_cfg", {})
    else:
        architecture, seen = open_clip.get_model_config(str(params["model_name"])), {}
        if architecture is None:
            raise ValueError(f"open_clip knows no model {params['model_name']}")
    if seen.get("resize_mode", "shortest") != "shortest":
        raise ValueError(f"pictures resized by {seen['resize_mode']} side are not supported")
    preprocess = Preprocess(
        size=int(architecture["vision_cfg"]["image_size"]),
        mean=tuple(seen.get("mean", open_clip.OPENAI_DATASET_MEAN)),
        std=tuple(seen.get("std", open_clip.OPENAI_DATASET_STD)),
    )
    return architecture, preprocess


def _build(architecture: dict[str, Any], weights: Path) -> Any:
    """The model with its weights mapped from the file, in inference mode."""
    import open_clip
    import torch
    from safetensors.torch import load_file

    with torch.device("meta"):
        model = open_clip.CLIP(**architecture)
    if model.attn_mask is not None:  # not among the weights
        model.attn_mask = torch.full(model.attn_mask.shape, float("-inf")).triu_(1)
    model.load_state_dict(load_file(weights), assign=True)
    return model.eval().requires_grad_(False)
