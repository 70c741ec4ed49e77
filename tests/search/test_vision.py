from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.calibration import EVERYDAY
from gaze_search_app.search.vision import Vision
from tests.search.conftest import TopicEncoder
from tests.support.synthetic import Film, SyntheticRoot


class Counting(TopicEncoder):
    """Tells which texts it was given."""

    def __init__(self, root: SyntheticRoot, asked: list[str]) -> None:
        super().__init__(root)
        self._asked = asked

    def encode_texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self._asked.extend(texts)
        return super().encode_texts(texts)


def test_visitors_at_once_have_one_background_made(root: SyntheticRoot) -> None:
    root.add(Film("a" * 16, [], root.near_topics(range(8))))
    publish(root.workspace)
    snapshot = Snapshot.open(root.settings.paths)
    asked: list[str] = []
    vision = Vision(lambda: Counting(root, asked))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: vision.background(snapshot), range(8)))

    assert len({id(background) for background in found}) == 1
    assert asked.count(EVERYDAY[0]) == 1


def test_a_new_snapshot_has_only_what_is_new_encoded(root: SyntheticRoot) -> None:
    asked: list[str] = []
    vision = Vision(lambda: Counting(root, asked))
    root.add(Film("a" * 16, [], root.near_topics(range(8)), {0: ["dog"]}))
    publish(root.workspace)
    vision.background(Snapshot.open(root.settings.paths))
    root.add(Film("b" * 16, [], root.near_topics(range(8)), {0: ["dog"], 1: ["cat"]}))
    publish(root.workspace)
    vision.background(Snapshot.open(root.settings.paths))

    assert sorted(asked) == sorted([*EVERYDAY, "dog", "cat"])
