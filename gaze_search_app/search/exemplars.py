"""The image side of the image model, loaded when a picture is first sought by, and frames to seek by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.geometry import Image
from gaze_pipeline.media.likeness import grid
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.calibration import EMPTY, Background, picture_background
from gaze_search_app.search.example import Example
from gaze_search_app.search.model import FrameRef, SearchRequest
from gaze_search_app.search.picture import read_picture, views
from gaze_search_app.search.visual import BACKGROUND_FRAMES

NEIGHBOURS = 1024


class ImageEncoder(Protocol):
    """What a search by a picture needs of a model."""

    @property
    def model_id(self) -> str:
        """The id under which the frames were embedded."""

    def encode_images(self, images: Sequence[Image]) -> npt.NDArray[np.float32]:
        """Images uint8 [height, width, 3] RGB to unit vectors, float32 [n, dimensions]."""


class Exemplars:
    """Turns pictures and frames into examples; `load` gives the model or raises GazeError(MODEL_MISSING)."""

    def __init__(self, load: Callable[[], ImageEncoder]) -> None:
        self._load = load

    def example(self, request: SearchRequest, snapshot: Snapshot) -> Example | str | None:
        """What the answer is to look like, or the error code that says why that cannot be sought.

        Raises GazeError(PICTURE_UNREADABLE | PICTURE_TOO_LARGE | VIDEO_UNKNOWN).
        """
        picture = None if request.picture is None else read_picture(request.picture)
        if request.like and request.like.fingerprint not in snapshot.columns.numbers:
            raise GazeError(ErrorCode.VIDEO_UNKNOWN, request.like.fingerprint)
        try:
            if picture is not None:
                return self._of_picture(picture, snapshot)
            return self._of_frame(request.like, snapshot) if request.like else None
        except GazeError as error:
            return error.code.name

    def _of_picture(self, picture: Image, snapshot: Snapshot) -> Example:
        """Raises GazeError(MODEL_MISSING), also when the frames were embedded by another model."""
        encoder = self._load()
        seen = views(picture)
        vectors = encoder.encode_images(seen)
        frames, wanted = snapshot.vectors, snapshot.info.visual_model
        if encoder.model_id != wanted or (frames and frames.dimensions != vectors.shape[1]):
            raise GazeError(ErrorCode.MODEL_MISSING, wanted)
        return Example(vectors, self._judging(snapshot), tuple(map(grid, seen[:-1])))

    def _of_frame(self, frame: FrameRef, snapshot: Snapshot) -> Example:
        """Needs no model. Raises GazeError(FRAME_UNKNOWN) where the video has no vectors."""
        vectors = snapshot.vectors
        found = vectors.frame_at(frame.fingerprint, frame.at_ms) if vectors else None
        if found is None:
            raise GazeError(ErrorCode.FRAME_UNKNOWN, frame.fingerprint)
        shot, vector = found
        return Example(vector[None], self._judging(snapshot), shot=(frame.fingerprint, shot))

    def _judging(self, snapshot: Snapshot) -> Background:
        """What pictures are judged against, made once a snapshot."""
        return snapshot.once("pictures judged", partial(_judge, snapshot))


def _judge(snapshot: Snapshot) -> Background:
    if snapshot.vectors is None:
        return EMPTY
    frames, _ = snapshot.vectors.sample(BACKGROUND_FRAMES)
    return picture_background(frames, snapshot.vectors.neighbours(NEIGHBOURS))
