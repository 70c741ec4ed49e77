"""OpenCLIP: images to vectors; `ClipText` puts texts in the same space.

On a CPU the plain transformer runs on ONNX Runtime with 8-bit weights (`ImageTower`); any other kind, and all
on a GPU, as open_clip builds it, the weights mapped from their file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.clip_config import UNFIT, WEIGHTS, ClipConfig
from gaze_pipeline.models.device import DeviceName, at_once, cores, on_gpu
from gaze_pipeline.models.image_tower import ImageShape, ImageTower
from gaze_pipeline.models.pixels import Preprocess
from gaze_pipeline.models.vectors import Vectors, unit_rows

_SIDE = "visual."
_EACH_MB = 32
"""What a picture is reckoned to take up on a GPU in a large model; there was none to measure it on."""
_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""Of the pictures that CLIP was taught with (Radford et al. 2021), where a model does not say."""

Image = npt.NDArray[np.uint8]


class Clip:
    """The image side of a loaded CLIP model; threads may share it."""

    def __init__(
        self,
        model_id: str,
        features: Callable[[Vectors], Vectors],
        dim: int,
        preprocess: Preprocess,
        device: DeviceName,
    ) -> None:
        self._features = features
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
        threads: int = 0,
    ) -> Clip:
        """Load from files; 0 threads are as many as there are cores; float16 on a GPU.

        The architecture is that of `open_clip_config.json` beside the weights, else the built-in one
        that `params["model_name"]` names. Raises GazeError(MODEL_CORRUPT).
        """
        name: DeviceName = "cuda" if on_gpu(device) else "cpu"
        try:
            config = ClipConfig.read(directory, params)
            preprocess = _preprocess(config)
            features = _features(config, directory / WEIGHTS, name, threads or cores())
        except (*UNFIT, RuntimeError) as error:
            raise GazeError(ErrorCode.MODEL_CORRUPT, directory, str(error)) from error
        return cls(model_id, features, config.text.dim, preprocess, name)

    @property
    def at_once(self) -> int:
        """How many images it takes up at once."""
        return at_once(self.device, _EACH_MB)

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """Images uint8 [height, width, 3] (RGB, any sizes) to float32 [n, dim], L2-normalised."""
        rows = [np.zeros((0, self.dim), np.float32)]
        most = self.at_once
        for first in range(0, len(images), most):
            pixels = self._preprocess.batch(images[first : first + most])
            rows.append(self._features(pixels))
        return unit_rows(np.concatenate(rows))


def _preprocess(config: ClipConfig) -> Preprocess:
    seen = config.seen
    if seen.get("resize_mode", "shortest") != "shortest":
        raise ValueError(f"pictures resized by {seen['resize_mode']} side are not supported")
    return Preprocess(
        size=int(config.architecture["vision_cfg"]["image_size"]),
        mean=tuple(seen.get("mean", _MEAN)),
        std=tuple(seen.get("std", _STD)),
    )


def _features(
    config: ClipConfig, weights: Path, device: str, threads: int
) -> Callable[[Vectors], Vectors]:
    """What makes pictures [n, 3, size, size] into features [n, dim]."""
    shape = ImageShape.of(config.architecture)
    if device == "cpu" and shape is not None:
        return ImageTower(shape, weights, threads).features
    return _in_torch(config.architecture, weights, device, threads)


def _in_torch(
    architecture: dict[str, Any], weights: Path, device: str, threads: int
) -> Callable[[Vectors], Vectors]:
    import open_clip
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    torch.set_num_threads(threads)
    with torch.device("meta"):
        visual = open_clip.CLIP(**architecture).visual
    try:
        tensors = load_file(weights).items()
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    mine = {name.removeprefix(_SIDE): value for name, value in tensors if name.startswith(_SIDE)}
    visual.load_state_dict(mine, assign=True)
    precision = torch.float16 if device == "cuda" else torch.float32
    visual.eval().requires_grad_(False).to(device=device, dtype=precision)

    def features(pixels: Vectors) -> Vectors:
        with torch.inference_mode():
            seen = visual(torch.from_numpy(pixels).to(device, precision))
        found: Vectors = seen.float().cpu().numpy()
        return found

    return features
