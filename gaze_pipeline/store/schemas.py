"""The contract between stages: the Arrow schema of every artifact.

Times are int64 milliseconds from the start of the video stream as a player shows it. Boxes are
fractions of the upright frame (0..1), x and y of the upper left corner. Scores are float32, 0..1.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from gaze_pipeline.states import Stage

MEDIA = pa.schema(
    [
        pa.field("fingerprint", pa.string(), nullable=False),
        pa.field("duration_ms", pa.int64(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("rotation", pa.int32(), nullable=False),
        pa.field("fps", pa.float32(), nullable=False),
        pa.field("container", pa.string(), nullable=False),
        pa.field("video_codec", pa.string()),
        pa.field("audio_codec", pa.string()),
        pa.field("pixel_format", pa.string()),
        pa.field("audio_streams", pa.int32(), nullable=False),
        pa.field("other_audio_first", pa.bool_(), nullable=False),
        pa.field("created", pa.string()),
        pa.field("camera", pa.string()),
        pa.field("place", pa.string()),
        pa.field("starts_ms", pa.int64()),
    ]
)
LATER_FACTS = 1
"""How many of the last columns of `MEDIA` files from before do not have."""

AUDIO = pa.schema(
    [
        pa.field("fingerprint", pa.string(), nullable=False),
        pa.field("duration_ms", pa.int64(), nullable=False),
        pa.field("has_audio", pa.bool_(), nullable=False),
    ]
)

WORD = pa.struct(
    [
        pa.field("start_ms", pa.int64(), nullable=False),
        pa.field("end_ms", pa.int64(), nullable=False),
        pa.field("word", pa.string(), nullable=False),
        pa.field("probability", pa.float32(), nullable=False),
    ]
)

TRANSCRIPT = pa.schema(
    [
        pa.field("fingerprint", pa.string(), nullable=False),
        pa.field("segment_index", pa.int32(), nullable=False),
        pa.field("start_ms", pa.int64(), nullable=False),
        pa.field("end_ms", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("confidence", pa.float32(), nullable=False),
        pa.field("words", pa.list_(WORD), nullable=False),
    ]
)

FRAMES = pa.schema(
    [
        pa.field("fingerprint", pa.string(), nullable=False),
        pa.field("frame_index", pa.int32(), nullable=False),
        pa.field("timestamp_ms", pa.int64(), nullable=False),
        pa.field("thumbnail", pa.string(), nullable=False),
    ]
)

DETECTIONS = pa.schema(
    [
        pa.field("fingerprint", pa.string(), nullable=False),
        pa.field("frame_index", pa.int32(), nullable=False),
        pa.field("timestamp_ms", pa.int64(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("confidence", pa.float32(), nullable=False),
        pa.field("x", pa.float32(), nullable=False),
        pa.field("y", pa.float32(), nullable=False),
        pa.field("w", pa.float32(), nullable=False),
        pa.field("h", pa.float32(), nullable=False),
    ]
)

TEXTS = pa.schema(
    [
        pa.field("fingerprint", pa.string(), nullable=False),
        pa.field("span_index", pa.int32(), nullable=False),
        pa.field("start_ms", pa.int64(), nullable=False),
        pa.field("end_ms", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("script", pa.string(), nullable=False),
        pa.field("confidence", pa.float32(), nullable=False),
        pa.field("x", pa.float32(), nullable=False),
        pa.field("y", pa.float32(), nullable=False),
        pa.field("w", pa.float32(), nullable=False),
        pa.field("h", pa.float32(), nullable=False),
    ]
)


def embeddings(dimensions: int) -> pa.Schema:
    """Frame vectors of one model: L2-normalised, float16, `dimensions` long."""
    return pa.schema(
        [
            pa.field("fingerprint", pa.string(), nullable=False),
            pa.field("frame_index", pa.int32(), nullable=False),
            pa.field("timestamp_ms", pa.int64(), nullable=False),
            pa.field("model_id", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float16(), dimensions), nullable=False),
        ]
    )


def meanings(dimensions: int) -> pa.Schema:
    """What lines mean, by one model: L2-normalised, float16, `dimensions` long."""
    return pa.schema(
        [
            pa.field("fingerprint", pa.string(), nullable=False),
            pa.field("segment_index", pa.int32(), nullable=False),
            pa.field("start_ms", pa.int64(), nullable=False),
            pa.field("end_ms", pa.int64(), nullable=False),
            pa.field("vector", pa.list_(pa.float16(), dimensions), nullable=False),
        ]
    )


def are_facts(schema: pa.Schema) -> bool:
    """Whether a table as stored holds media facts, of today or of before the later ones."""
    names = MEDIA.names[: max(len(schema), len(MEDIA) - LATER_FACTS)]
    return bool(schema.equals(pa.schema([MEDIA.field(name) for name in names])))


def matches(stage: Stage, schema: pa.Schema) -> bool:
    """Whether a table as stored satisfies the contract of `stage`."""
    if stage in FIXED:
        return bool(schema.equals(FIXED[stage]))
    vector = schema.field("vector").type if "vector" in schema.names else pa.null()
    fixed = isinstance(vector, pa.FixedSizeListType)
    return fixed and bool(schema.equals(VECTORS[stage](vector.list_size)))


FIXED: dict[Stage, pa.Schema] = {
    Stage.AUDIO: AUDIO,
    Stage.TRANSCRIPT: TRANSCRIPT,
    Stage.FRAMES: FRAMES,
    Stage.DETECTIONS: DETECTIONS,
    Stage.TEXTS: TEXTS,
}
"""The stages whose schema does not depend on a model."""

VECTORS: dict[Stage, Callable[[int], pa.Schema]] = {
    Stage.EMBEDDINGS: embeddings,
    Stage.MEANINGS: meanings,
}
"""The stages whose schema depends on how many dimensions the vectors of a model have."""
