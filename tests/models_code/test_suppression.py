from __future__ import annotations

import numpy as np
import torch
from torchvision.ops import batched_nms

from gaze_pipeline.models.suppression import MOST, surest


def scattered(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of four labels at places, and boxes around few centres, so that many overlap."""
    rng = np.random.default_rng(seed)
    centres = rng.choice(rng.uniform(0.2, 0.8, (12, 2)), count)
    centres = centres + rng.normal(0, 0.02, (count, 2))
    halves = rng.uniform(0.05, 0.15, (count, 2))
    boxes = np.concatenate([centres - halves, centres + halves], axis=1).astype(np.float32)
    return rng.uniform(0, 1, (count, 4)).astype(np.float32), boxes


def test_it_picks_what_torchvision_picks() -> None:
    for seed in range(5):
        scores, boxes = scattered(seed, 250)
        anchors, labels = np.nonzero(scores[:, 1:] > 0.3)
        flat = scores[anchors, labels + 1]
        kept = batched_nms(
            torch.from_numpy(boxes[anchors]), torch.from_numpy(flat), torch.from_numpy(labels), 0.55
        )[:MOST].numpy()

        found = list(surest(scores, boxes, 0.3))

        assert [label for label, _, _ in found] == (labels[kept] + 1).tolist()
        np.testing.assert_allclose([score for _, score, _ in found], flat[kept])
        np.testing.assert_array_equal([box for _, _, box in found], boxes[anchors][kept])


def test_nothing_sure_is_nothing() -> None:
    scores, boxes = scattered(9, 20)

    assert list(surest(scores / 10, boxes, 0.3)) == []
