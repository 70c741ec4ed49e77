"""OpenCLIP: images to vectors; `ClipText` puts texts in the same space.

Weights are mapped from their file, not read into memory: processes on one machine share the pages, and
the text side is never read here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.clip_config import UNFIT, WEIGHTS, ClipConfig
from gaze_pipeline.models.device import pick
from gaze_pipeline.models.pixels import Preprocess
from gaze_pipeline.models.vectors import Vectors, unit_rows

if TYPE_CHECKING:
    import torch

_SIDE = "visual."

Image = npt.NDArray[np.uint8]


class Clip:
    """The image side of a loaded CLIP model; threads may share it."""

    def __init__(
        self, model_id: str, visual: Any, dim: int, preprocess: Preprocess, device: str
    ) -> None:
        self._visual = visual
        self._preprocess = preprocess
        self.model_id = model_id
        self.device = device
        self.dim = dim

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
        import torch
        from safetensors import SafetensorError

        chosen = pick(device).name
        name = chosen if torch.cuda.is_available() else "cpu"
        try:
            config = ClipConfig.read(directory, params)
            preprocess = _preprocess(config)
            visual = _build(config.architecture, directory / WEIGHTS)
        except (*UNFIT, RuntimeError, SafetensorError) as error:
            raise GazeError(ErrorCode.MODEL_CORRUPT, directory, str(error)) from error
        visual.to(device=name, dtype=torch.float16 if name == "cuda" else torch.float32)
        return cls(model_id, visual, config.text.dim, preprocess, name)

    def encode_images(self, images: Sequence[Image], batch_size: int = 16) -> Vectors:
        """Images uint8 [height, width, 3] (RGB, any sizes) to float32 [n, dim], L2-normalised."""
        import torch

        rows = [np.zeros((0, self.dim), np.float32)]
        for first in range(0, len(images), batch_size):
            pixels = self._preprocess.batch(images[first : first + batch_size])
            with torch.inference_mode():
                rows.append(self._visual(self._tensor(pixels)).float().cpu().numpy())
        return unit_rows(np.concatenate(rows))

    def _tensor(self, pixels: Vectors) -> torch.Tensor:
        import torch

        return torch.from_numpy(pixels).to(self.device, next(self._visual.parameters()).dtype)


def _preprocess(config: ClipConfig) -> Preprocess:
    import open_clip

    seen = config.seen
    if seen.get("resize_mode", "shortest") != "shortest":
        raise ValueError(f"pictures resized by {seen['resize_mode']} side are not supported")
    return Preprocess(
        size=int(config.architecture["vision_cfg"]["image_size"]),
        mean=tuple(seen.get("mean", open_clip.OPENAI_DATASET_MEAN)),
        std=tuple(seen.get("std", open_clip.OPENAI_DATASET_STD)),
    )


def _build(architecture: dict[str, Any], weights: Path) -> Any:
    """The image side with its weights mapped from the file, in inference mode."""
    import open_clip
    import torch
    from safetensors.torch import load_file

    with torch.device("meta"):
        visual = open_clip.CLIP(**architecture).visual
    tensors = load_file(weights).items()
    mine = {name.removeprefix(_SIDE): value for name, value in tensors if name.startswith(_SIDE)}
    visual.load_state_dict(mine, assign=True)
    return visual.eval().requires_grad_(False)
