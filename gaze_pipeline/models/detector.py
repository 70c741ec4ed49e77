"""torchvision's SSDLite: which things are in a picture, and where.

On a CPU it runs on ONNX Runtime as `models/ssdlite.py` writes it down, on a GPU in torch.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models import ssdlite
from gaze_pipeline.models.converted import opened
from gaze_pipeline.models.device import DeviceName, at_once, cores, on_gpu
from gaze_pipeline.models.graph import session
from gaze_pipeline.models.suppression import MOST, Floats, surest

FACTS = "detector.json"
_LAYOUT = 1
"""The number of the form that is kept; another form takes another."""
_EACH_MB = 64
"""What a picture is reckoned to take up on a GPU; there was none to measure it on."""
_FILE, _LABELS = "detector.onnx", "labels.json"

Image = npt.NDArray[np.uint8]
Found = tuple[int, float, Floats]
"""A label's number, its score, and its box: left, top, right, bottom as fractions of the picture."""
Network = Callable[[npt.NDArray[np.uint8]], list[list[Found]]]
"""Takes pictures of one size, [n, height, width, 3]; of each what it shows, surest first."""


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

    def __init__(self, network: Network, labels: Sequence[str], device: DeviceName) -> None:
        self._network = network
        self._names = tuple(labels)
        self.device = device

    @property
    def labels(self) -> tuple[str, ...]:
        """What it can name."""
        return tuple(name for name in self._names[1:] if name != "N/A")

    @property
    def at_once(self) -> int:
        """How many images it takes up at once."""
        return at_once(self.device, _EACH_MB)

    @classmethod
    def load(
        cls, directory: Path, min_confidence: float, device: str = "auto", threads: int = 0
    ) -> Detector:
        """Load from files; 0 threads are as many as there are cores. Detections are surer than told.

        The labels are those of `detector.json` beside the weights (the background first), else COCO's.
        Raises GazeError(MODEL_CORRUPT).
        """
        try:
            (weights,) = directory.glob("*.pth")
            own = _own_labels(directory)
            if on_gpu(device):
                labels = own or _coco()
                network = _in_torch(ssdlite.built(weights, len(labels)), min_confidence)
                return cls(network, labels, "cuda")
            network, labels = _on_onnx(weights, own, min_confidence, threads or cores())
        except (
            OSError,
            EOFError,
            ValueError,
            KeyError,
            RuntimeError,
            pickle.UnpicklingError,
        ) as error:
            raise GazeError(ErrorCode.MODEL_CORRUPT, directory, str(error)) from error
        return cls(network, labels, "cpu")

    def detect(self, images: Sequence[Image]) -> list[list[Detected]]:
        """Upright images uint8 [height, width, 3] (RGB, any sizes): what each shows, surest first."""
        return [
            [Detected(self._names[label], score, *_box(corners)) for label, score, corners in found]
            for batch in _batches(images, self.at_once)
            for found in self._network(batch)
        ]


def _batches(images: Sequence[Image], most: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Images in order, those of one size that follow one another together, at most so many."""
    for _, alike in groupby(images, key=np.shape):
        every = list(alike)
        for first in range(0, len(every), most):
            yield np.stack(every[first : first + most])


def _on_onnx(
    weights: Path, own: list[str] | None, least: float, threads: int
) -> tuple[Network, list[str]]:
    """The network in the form kept beside its file since it was first opened, and its labels."""

    def convert(folder: Path) -> None:
        labels = own or _coco()
        ssdlite.write(ssdlite.built(weights, len(labels)), folder / _FILE)
        (folder / _LABELS).write_text(json.dumps(labels), encoding="utf-8")

    def load(folder: Path) -> tuple[Any, list[str]]:
        kept = json.loads((folder / _LABELS).read_text(encoding="utf-8"))
        if own is not None and len(own) != len(kept):
            raise RuntimeError(f"{len(own)} labels for a network of {len(kept)}")
        return session(folder / _FILE, threads), own or kept

    network, labels = opened(weights, "detector", _LAYOUT, convert, load)

    def run(images: npt.NDArray[np.uint8]) -> list[list[Found]]:
        scores, boxes = network.run(["scores", "boxes"], {"x": images})
        return [list(surest(*one, least)) for one in zip(scores, boxes, strict=True)]

    return run, labels


def _in_torch(model: Any, least: float) -> Network:
    import torch

    model.score_thresh, model.detections_per_img = least, MOST
    model.to("cuda", memory_format=torch.channels_last)

    def run(images: npt.NDArray[np.uint8]) -> list[list[Found]]:
        height, width = images.shape[1:3]
        pixels = torch.from_numpy(images).to("cuda").permute(0, 3, 1, 2).float().div_(255)
        with torch.inference_mode():
            results = model(list(pixels))
        size = np.array([width, height, width, height], np.float32)
        return [
            [
                (int(label), float(score), box / size)
                for label, score, box in zip(
                    result["labels"],
                    result["scores"],
                    result["boxes"].cpu().numpy(),
                    strict=True,
                )
            ]
            for result in results
        ]

    return run


def _own_labels(directory: Path) -> list[str] | None:
    if not (directory / FACTS).is_file():
        return None
    facts = json.loads((directory / FACTS).read_text(encoding="utf-8"))
    if len(facts["labels"]) < 2:
        raise ValueError(f"{FACTS} names nothing but the background")
    return [str(label) for label in facts["labels"]]


def _coco() -> list[str]:
    from torchvision.models.detection import SSDLite320_MobileNet_V3_Large_Weights

    return list(SSDLite320_MobileNet_V3_Large_Weights.COCO_V1.meta["categories"])


def _box(corners: Floats) -> tuple[float, float, float, float]:
    left, top, right, bottom = corners.tolist()
    return left, top, right - left, bottom - top
