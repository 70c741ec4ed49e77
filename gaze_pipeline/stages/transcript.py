"""TRANSCRIPT: what is said, as segments with times, language and words."""

from __future__ import annotations

from dataclasses import asdict

import pyarrow as pa

from gaze_pipeline.media.track import read_audio
from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.models.sentences import Segment
from gaze_pipeline.stages.work import OnProgress, Product, model_recipe
from gaze_pipeline.states import Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.workspace import Workspace

MODEL: Kind | None = "whisper"


def recipe(workspace: Workspace) -> Recipe:
    """The speech model and the language asked for."""
    language = workspace.settings.transcript.language
    return model_recipe(workspace, "whisper", Recipe(parameters={"language": language}))


def words(segment: Segment) -> list[dict[str, object]]:
    """A segment's words as the schema has them."""
    return [
        {
            "start_ms": word.start_ms,
            "end_ms": word.end_ms,
            "word": word.text,
            "probability": word.probability,
        }
        for word in segment.words
    ]


def make(fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
    """Transcribe the audio artifact; a video without sound has no segments."""
    audio = workspace.artifacts.read(fingerprint, Stage.AUDIO).to_pylist()[0]
    segments = []
    if audio["has_audio"]:
        segments = workspace.models.whisper().transcribe(
            read_audio(workspace.paths.audio(fingerprint)),
            language=workspace.settings.transcript.language,
            on_progress=on_progress,
        )
    rows = [
        {
            **asdict(segment),
            "fingerprint": fingerprint,
            "segment_index": index,
            "words": words(segment),
        }
        for index, segment in enumerate(segments)
    ]
    info = workspace.artifacts.info(fingerprint, Stage.AUDIO)
    return Product(
        pa.Table.from_pylist(rows, schema=schemas.TRANSCRIPT), info.damage if info else None
    )
