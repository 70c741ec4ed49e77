from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from tests.quality.baselines import RRF_K, Baselines, windows
from tests.quality.metrics import Hit
from tests.support.synthetic import MODEL_ID, Film, Line, SyntheticRoot, unit

FILM = "a" * 16


class OneTopic:
    """Sees the first topic in whatever is asked."""

    model_id = MODEL_ID

    def __init__(self, root: SyntheticRoot) -> None:
        self._topic = root.topics[0]

    def encode_texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return unit(np.stack([self._topic] * len(texts)))


@pytest.fixture
def baselines(tmp_path: Path) -> Baselines:
    root = SyntheticRoot(tmp_path)
    root.add(
        Film(
            FILM,
            lines=[Line(0, 2000, "a red fox"), Line(30_000, 32_000, "a fox and a fox hound")],
            vectors=root.near_topics([1] * 10 + [0] * 3 + [1] * 10),
            labels={11: ["dog"]},
            path=Path("/films/fox.mp4"),
        )
    )
    publish(root.workspace)
    return Baselines(Snapshot.open(root.settings.paths), OneTopic(root))


def hit(start: int, end: int, score: float, video: str = "a.mp4") -> Hit:
    return Hit(video=video, start_ms=start, end_ms=end, score=score)


def test_bm25_ranks_lines(baselines: Baselines) -> None:
    found = baselines.bm25("red fox")
    assert [(one.video, one.start_ms) for one in found] == [("fox.mp4", 0), ("fox.mp4", 30_000)]
    assert baselines.bm25("unheard") == []


def test_cosine_ranks_every_frame(baselines: Baselines) -> None:
    found = baselines.cosine("anything")
    assert len(found) == 23
    assert {one.start_ms for one in found[:3]} == {20_000, 22_000, 24_000}
    assert found[0].end_ms - found[0].start_ms == 2000


def test_windows_join_neighbours_and_channels() -> None:
    lines = [hit(0, 2000, 1), hit(3900, 5000, 2), hit(9000, 9500, 3)]
    frames = [hit(6000, 8000, 0.5), hit(40_000, 42_000, 0.4), hit(0, 2000, 0.9, "b.mp4")]
    found = [
        (one.span.video, one.span.start_ms, one.span.end_ms, one.speech, one.visual)
        for one in windows(lines, frames)
    ]
    assert found == [
        ("a.mp4", 0, 9500, 3, 0.5),
        ("a.mp4", 40_000, 42_000, None, 0.4),
        ("b.mp4", 0, 2000, None, 0.9),
    ]


def test_windows_of_frames_reach_from_the_last_start() -> None:
    found = windows([], [hit(0, 2000, 1), hit(3000, 5000, 1), hit(6100, 8000, 1)])
    assert [(one.span.start_ms, one.span.end_ms) for one in found] == [(0, 5000), (6100, 8000)]


def test_reciprocal_ranks_add_up(baselines: Baselines) -> None:
    best = baselines.reciprocal_ranks("red fox")[0]
    assert best.score == pytest.approx(2 / (RRF_K + 1))  # all frames join into one window here


def test_the_founding_formula_gives_the_best_of_both_and_of_labels(baselines: Baselines) -> None:
    assert baselines.founding("red fox")[0].score == pytest.approx(1.0)
    assert baselines.founding("dog")[0].score == pytest.approx(0.5 + 0.05)
