"""MEANINGS: what is meant, as one unit vector a line: of the line itself and, half as much, of its context.

Measured by 59 paraphrases over the films of the quality suite, whose lines are of many things (how often
the line is among the three nearest): the line alone 0.76, its window of three lines alone 0.53, both 0.88.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.models.vectors import unit_rows
from gaze_pipeline.stages import transcript
from gaze_pipeline.stages.work import OnProgress, Product, model_recipe
from gaze_pipeline.states import Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.workspace import Workspace

MODEL: Kind | None = "sentence"

_NEIGHBOURS = 1
"""How many lines before and after one belong to its context."""
_GAP_MS = 1500
"""A longer silence ends what belongs together."""
_CONTEXT = 0.5
_BATCH = 32
_COLUMNS = ("segment_index", "start_ms", "end_ms", "text")


def recipe(workspace: Workspace) -> Recipe:
    """The sentence model, over the lines as transcribed."""
    said = transcript.recipe(workspace).key
    window = {"neighbours": _NEIGHBOURS, "gap_ms": _GAP_MS, "context": _CONTEXT}
    return model_recipe(workspace, "sentence", Recipe(parameters={"transcript": said, **window}))


def make(fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
    """Encode every line of the transcript artifact with its neighbours."""
    encoder = workspace.models.sentence_encoder()
    lines = workspace.artifacts.read(fingerprint, Stage.TRANSCRIPT, _COLUMNS)
    texts = lines["text"].to_pylist()
    windows = _windows(texts, lines["start_ms"].to_pylist(), lines["end_ms"].to_pylist())
    vectors = [np.empty((0, encoder.dim), dtype=np.float16)]
    for first in range(0, len(texts), _BATCH):
        batch = slice(first, first + _BATCH)
        own = encoder.encode_lines(texts[batch])
        around = encoder.encode_lines(windows[batch])
        vectors.append(unit_rows(own + _CONTEXT * around).astype(np.float16))
        on_progress(min(first + _BATCH, len(texts)) / len(texts))
    columns = [
        pa.array([fingerprint] * lines.num_rows, pa.string()),
        *(lines[name].combine_chunks() for name in ("segment_index", "start_ms", "end_ms")),
        pa.FixedSizeListArray.from_arrays(pa.array(np.concatenate(vectors).ravel()), encoder.dim),
    ]
    table = pa.Table.from_arrays(columns, schema=schemas.meanings(encoder.dim))
    info = workspace.artifacts.info(fingerprint, Stage.TRANSCRIPT)
    return Product(table, info.damage if info else None)


def _windows(texts: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> list[str]:
    """Each line with those around it that no long silence sets apart."""
    windows = []
    for number in range(len(texts)):
        first = last = number
        while first > max(number - _NEIGHBOURS, 0) and starts[first] - ends[first - 1] <= _GAP_MS:
            first -= 1
        final = min(number + _NEIGHBOURS, len(texts) - 1)
        while last < final and starts[last + 1] - ends[last] <= _GAP_MS:
            last += 1
        windows.append(" ".join(texts[first : last + 1]))
    return windows
