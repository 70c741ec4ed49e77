"""torchvision's SSDLite written down for ONNX Runtime (Liu et al. 2016; Howard et al. 2019, 6.3).

Without torch, whose import with torchvision's takes five seconds, and with each normalisation folded into the
convolution before it. What comes out are the scores of every label and the boxes at every anchor; picking
from them is `models/suppression.py`.
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from gaze_pipeline.models.graph import Graph

SIDE = 320
_LARGEST_STEP = math.log(1000 / 16)
"""By how much a box may be larger than its anchor, as its logarithm; torchvision's `BoxCoder`."""


def built(weights: Path, labels: int) -> Any:
    """torchvision's own model of so many labels with weights from a file, ready to be read or run.

    Raises what torch does where they do not fit.
    """
    import torch
    from torchvision.models.detection import ssdlite320_mobilenet_v3_large

    model = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=labels)
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    _fuse(model.eval())
    return model.requires_grad_(False)


def write(model: Any, path: Path) -> None:
    """Write a built model to a file.

    Its input are pictures uint8 [n, height, width, 3]; `scores` float32 [n, anchors, labels], the background
    first, and `boxes` float32 [n, anchors, 4]: left, top, right and bottom as fractions of the picture.
    """
    graph = Graph()
    x = _prepared(graph)
    maps = []
    for block in [*model.backbone.features, *model.backbone.extra]:
        x = _applied(graph, x, block)
        maps.append(x)
    labels = model.head.classification_head.num_columns
    scores = _answers(graph, maps, model.head.classification_head.module_list, labels)
    steps = _answers(graph, maps, model.head.regression_head.module_list, 4)
    graph.save(
        path,
        ["n", "height", "width", 3],
        np.uint8,
        scores=graph.node("Softmax", scores, axis=-1),
        boxes=_boxes(graph, steps, model),
    )


def _prepared(graph: Graph) -> str:
    """The pictures as the network takes them: [n, 3, SIDE, SIDE], -1..1."""
    single = graph.node("Cast", graph.node("Transpose", "x", perm=[0, 3, 1, 2]), to=1)
    sides = graph.constant(np.array([SIDE, SIDE], np.int64))
    sized = graph.node("Resize", single, "", "", sides, mode="linear", axes=[2, 3])
    half = graph.constant(np.float32(127.5))
    prepared: str = graph.node("Sub", graph.node("Div", sized, half), graph.constant(np.float32(1)))
    return prepared


def _applied(graph: Graph, x: str, module: Any) -> str:
    """What a part of the network makes of `x`. Raises ValueError for a part that is not known."""
    match type(module).__name__:
        case "Conv2d":
            return _convolved(graph, x, module)
        case "Hardswish":
            return str(graph.node("HardSwish", x))
        case "ReLU":
            return str(graph.node("Relu", x))
        case "ReLU6":
            ends = (graph.constant(np.float32(end)) for end in (0, 6))
            return str(graph.node("Clip", x, *ends))
        case "Identity":
            return x
        case "InvertedResidual":
            made = _applied(graph, x, module.block)
            return str(graph.node("Add", made, x)) if module.use_res_connect else made
        case "SqueezeExcitation":
            mean = graph.node("GlobalAveragePool", x)
            few = graph.node("Relu", _applied(graph, mean, module.fc1))
            gate = graph.node(
                "HardSigmoid", _applied(graph, few, module.fc2), alpha=1 / 6, beta=0.5
            )
            return str(graph.node("Mul", x, gate))
        case "Sequential" | "Conv2dNormActivation":
            for part in module:
                x = _applied(graph, x, part)
            return x
        case other:
            raise ValueError(f"SSDLite has no {other}")


def _convolved(graph: Graph, x: str, module: Any) -> str:
    inputs = [x, graph.constant(module.weight.numpy())]
    if module.bias is not None:
        inputs.append(graph.constant(module.bias.numpy()))
    made: str = graph.node(
        "Conv",
        *inputs,
        kernel_shape=list(module.kernel_size),
        strides=list(module.stride),
        pads=[*module.padding, *module.padding],
        dilations=list(module.dilation),
        group=module.groups,
    )
    return made


def _answers(graph: Graph, maps: list[str], heads: Any, columns: int) -> str:
    """What the heads say at all anchors of all feature maps: [n, anchors, columns]."""
    answers = []
    for values, head in zip(maps, heads, strict=True):
        found = graph.node("Transpose", _applied(graph, values, head), perm=[0, 2, 3, 1])
        count = graph.node("Shape", found, start=0, end=1)
        rest = graph.constant(np.array([-1, columns], np.int64))
        answers.append(graph.node("Reshape", found, graph.node("Concat", count, rest, axis=0)))
    joined: str = graph.node("Concat", *answers, axis=1)
    return joined


def _boxes(graph: Graph, steps: str, model: Any) -> str:
    """Boxes from how far they are off their anchors (`BoxCoder.decode_single`)."""
    import torch
    from torchvision.models.detection.image_list import ImageList

    picture = torch.zeros(1, 3, SIDE, SIDE)
    with torch.inference_mode():
        maps = list(model.backbone(picture).values())
    (anchors,) = model.anchor_generator(ImageList(picture, [(SIDE, SIDE)]), maps)
    corners = anchors.numpy() / SIDE
    sizes = corners[:, 2:] - corners[:, :2]
    centres = corners[:, :2] + sizes / 2
    weights = np.array(model.box_coder.weights, np.float32)
    halves = graph.constant(np.array([2, 2], np.int64))
    scaled = graph.node("Div", steps, graph.constant(weights))
    moved, grown = graph.node("Split", scaled, halves, outputs=2, axis=-1)
    centre = graph.node(
        "Add", graph.node("Mul", moved, graph.constant(sizes)), graph.constant(centres)
    )
    bounded = graph.node("Min", grown, graph.constant(np.float32(_LARGEST_STEP)))
    half = graph.node("Mul", graph.node("Exp", bounded), graph.constant(sizes / 2))
    whole = graph.node(
        "Concat", graph.node("Sub", centre, half), graph.node("Add", centre, half), axis=-1
    )
    ends = (graph.constant(np.float32(end)) for end in (0, 1))
    boxes: str = graph.node("Clip", whole, *ends)
    return boxes


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
