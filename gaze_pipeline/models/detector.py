"""torchvision's SSDLite: which things are in a picture, and where."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.device import pick

if TYPE_CHECKING:
    import torch

FACTS = "detector.json"
_MOST = 100

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Detected:
    """One thing: confidence 0..1; its box as fractions of the picture, x and y of the upper left."""

    label: str
    confidence: float
    x: float
    y: float
    w: float
    h: float


class Detector:
    """A loaded detector; threads may share it."""

    def __init__(self, model: Any, labels: Sequence[str], device: str) -> None:
        self._model = model
        self._names = tuple(labels)
        self.device = device

    @property
    def labels(self) -> tuple[str, ...]:
        """What it can name."""
        return tuple(name for name in self._names[1:] if name != "N/A")

    @classmethod
    def load(cls, directory: Path, min_confidence: float, device: str = "auto") -> Detector:
        """Load from files; weaker detections than `min_confidence` are never computed.

        The labels are those of `detector.json` beside the weights (the background first), else COCO's.
        Raises GazeError(MODEL_CORRUPT).
        """
        import torch
        from torchvision.models.detection import ssdlite320_mobilenet_v3_large

        chosen = pick(device).name
        name = chosen if torch.cuda.is_available() else "cpu"
        try:
            labels = _labels(directory)
            (weights,) = directory.glob("*.pth")
            state = torch.load(weights, map_location="cpu", weights_only=True)
            model = ssdlite320_mobilenet_v3_large(
                weights=None,
                weights_backbone=None,
                num_classes=len(labels),
                score_thresh=min_confidence,
                detections_per_img=_MOST,
            )
            model.load_state_dict(state)
            _fuse(model.eval())
        except (
            OSError,
            EOFError,
            ValueError,
            KeyError,
            RuntimeError,
            pickle.UnpicklingError,
        ) as error:
            raise GazeError(ErrorCode.MODEL_CORRUPT, directory, str(error)) from error
        model.requires_grad_(False).to(name, memory_format=torch.channels_last)
        return cls(model, labels, name)

    def detect(self, images: Sequence[Image], batch_size: int = 16) -> list[list[Detected]]:
        """Upright images uint8 [height, width, 3] (RGB, any sizes): what each shows, surest first."""
        found: list[list[Detected]] = []
        for first in range(0, len(images), batch_size):
            found += self._batch(images[first : first + batch_size])
        return found

    def _batch(self, images: Sequence[Image]) -> list[list[Detected]]:
        import torch

        with torch.inference_mode():
            results = self._model([self._tensor(image) for image in images])
        return [
            [
                Detected(
                    self._names[int(label)],
                    float(score),
                    *_box(box.tolist(), width=image.shape[1], height=image.shape[0]),
                )
                for box, label, score in zip(
                    result["boxes"], result["labels"], result["scores"], strict=True
                )
            ]
            for image, result in zip(images, results, strict=True)
        ]

    def _tensor(self, image: Image) -> torch.Tensor:
        import torch

        pixels = torch.tensor(image, device=self.device)
        return pixels.permute(2, 0, 1).float().div_(255)


def _fuse(module: Any) -> None:
    """Fold each normalisation into the convolution before it: the same numbers in half the time."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for child in module.children():
        _fuse(child)
    if isinstance(module, nn.Sequential):
        for index, (layer, following) in enumerate(pairwise(list(module))):
            if isinstance(layer, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
                module[index] = fuse_conv_bn_eval(layer, following)
                module[index + 1] = nn.Identity()


def _labels(directory: Path) -> list[str]:
    from torchvision.models.detection import SSDLite320_MobileNet_V3_Large_Weights

    if (directory / FACTS).is_file():
        facts = json.loads((directory / FACTS).read_text(encoding="utf-8"))
        if len(facts["labels"]) < 2:
            raise ValueError(f"{FACTS} names nothing but the background")
        return [str(label) for label in facts["labels"]]
    return list(SSDLite320_MobileNet_V3_Large_Weights.COCO_V1.meta["categories"])


def _box(corners: list[float], width: int, height: int) -> tuple[float, float, float, float]:
    left, top, right, bottom = corners
    return left / width, top / height, (right - left) / width, (bottom - top) / height
