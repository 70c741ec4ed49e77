"""The text side of the image model, loaded when first needed, and what its vectors are judged against."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.calibration import EMPTY, EVERYDAY, Background, Vector, background
from gaze_search_app.search.visual import BACKGROUND_FRAMES

CACHED_QUERIES = 256


class TextEncoder(Protocol):
    """What the visual channel needs of a model."""

    @property
    def model_id(self) -> str:
        """The id under which the frames were embedded."""

    def encode_texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Texts to unit vectors, float32 [n, dimensions]."""


class Vision:
    """Turns queries into vectors; `load` gives the model or raises GazeError(MODEL_MISSING)."""

    def __init__(self, load: Callable[[], TextEncoder]) -> None:
        self._load = load
        self._encoder: TextEncoder | None = None
        self._lock = threading.RLock()
        self._known: dict[str, Vector] = {}
        self._vector = lru_cache(CACHED_QUERIES)(self._encode)

    def vector(self, text: str, snapshot: Snapshot) -> Vector:
        """The unit vector of a query, float32 [dimensions].

        Raises GazeError(MODEL_MISSING | MODEL_CORRUPT), MODEL_MISSING too when the frames of this
        snapshot were embedded by another model.
        """
        encoder = self._model()
        vector = self._vector(text)
        frames = snapshot.vectors
        if encoder.model_id != snapshot.info.visual_model:
            raise GazeError(ErrorCode.MODEL_MISSING, snapshot.info.visual_model)
        if frames is not None and frames.dimensions != len(vector):
            raise GazeError(ErrorCode.MODEL_MISSING, snapshot.info.visual_model, "other dimensions")
        return vector

    def background(self, snapshot: Snapshot) -> Background:
        """What scores are judged against, made once a snapshot. Raises as `vector` does."""
        return snapshot.once("texts judged", partial(self._judge, snapshot))

    def _judge(self, snapshot: Snapshot) -> Background:
        if snapshot.vectors is None:
            return EMPTY
        frames, seen = snapshot.vectors.sample(BACKGROUND_FRAMES)
        labels = sorted(frozenset().union(*seen))
        everyday = self._vectors(EVERYDAY)
        if not labels:
            return background(frames, everyday)
        shown = np.array([[label in here for label in labels] for here in seen], bool)
        return background(frames, everyday, self._vectors(labels), shown)

    def _vectors(self, texts: Sequence[str]) -> Vector:
        """The vectors of texts that each snapshot asks for again, [n, dimensions]."""
        if missing := [text for text in texts if text not in self._known]:
            vectors = self._model().encode_texts(missing)
            self._known.update(zip(missing, vectors, strict=True))
        return np.stack([self._known[text] for text in texts])

    def _model(self) -> TextEncoder:
        with self._lock:
            if self._encoder is None:
                self._encoder = self._load()
            return self._encoder

    def _encode(self, text: str) -> Vector:
        vector: Vector = self._model().encode_texts([text])[0]
        return vector
