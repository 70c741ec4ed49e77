from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from gaze_pipeline.store.snapshot import publish
from gaze_search_app.search.calibration import EVERYDAY
from gaze_search_app.search.engine import Engine
from tests.support.synthetic import MODEL_ID, Film, SyntheticRoot, unit


@pytest.fixture
def root(tmp_path: Path) -> SyntheticRoot:
    return SyntheticRoot(tmp_path / "data")


class TopicEncoder:
    """Understands "topic 7" as that cluster of frame vectors; everyday words name clusters too.

    Anything else is noise.
    """

    model_id = MODEL_ID

    def __init__(self, root: SyntheticRoot) -> None:
        self._root = root

    def encode_texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.stack([self._encode(text) for text in texts])

    def _encode(self, text: str) -> npt.NDArray[np.float32]:
        if text in EVERYDAY:
            return self._root.topics[EVERYDAY.index(text) % len(self._root.topics)]
        *_, last = text.split()
        if last.isdigit():
            return self._root.topics[int(last)]
        rng = np.random.default_rng(list(text.encode()))
        return unit(rng.standard_normal(self._root.dimensions))


@pytest.fixture
def published(root: SyntheticRoot) -> Callable[..., Engine]:
    """Publishes these films and opens an engine that sees topics."""

    def open_engine(*films: Film) -> Engine:
        for film in films:
            root.add(film)
        publish(root.workspace)
        return Engine(root.settings, lambda: TopicEncoder(root))

    return open_engine
