"""The text side of CLIP: texts to vectors of the space that `Clip` puts images in, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.clip_config import UNFIT, WEIGHTS, ClipConfig
from gaze_pipeline.models.clip_tokens import tokenize
from gaze_pipeline.models.text_tower import TextTower
from gaze_pipeline.models.vectors import Vectors, unit_rows


class ClipText:
    """A loaded text model; threads may share it."""

    def __init__(self, model_id: str, tower: TextTower) -> None:
        self._tower = tower
        self.model_id = model_id
        self.dim = tower.shape.dim

    @classmethod
    def load(cls, model_id: str, directory: Path, params: Mapping[str, object]) -> ClipText:
        """Open the files of a CLIP model. Raises GazeError(MODEL_CORRUPT)."""
        try:
            shape = ClipConfig.read(directory, params).text
            return cls(model_id, TextTower(shape, directory / WEIGHTS))
        except UNFIT as error:
            raise GazeError(ErrorCode.MODEL_CORRUPT, directory, str(error)) from error

    def encode_texts(self, texts: Sequence[str], batch_size: int = 32) -> Vectors:
        """Texts to float32 [n, dim], L2-normalised; what is longer than the context is cut."""
        rows = [np.zeros((0, self.dim), np.float32)]
        for first in range(0, len(texts), batch_size):
            batch = texts[first : first + batch_size]
            context_length = self._tower.shape.context_length
            rows.append(self._tower.features([tokenize(text, context_length) for text in batch]))
        return unit_rows(np.concatenate(rows))
