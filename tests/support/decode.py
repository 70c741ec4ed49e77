"""What a media file holds, decoded in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaze_pipeline.media.audio import AudioReader
from gaze_pipeline.media.frames import Frame, FrameSampler
from gaze_pipeline.media.reader import Progress
from gaze_pipeline.media.schedule import Every
from gaze_pipeline.media.timeline import Samples


@dataclass(frozen=True)
class DecodedAudio:
    """`samples` float32 [n], 16 kHz mono; `damage` says what could not be read, None if nothing."""

    samples: Samples
    damage: str | None


def decode_audio(path: Path, on_progress: Progress | None = None) -> DecodedAudio:
    """The whole sound of a file; errors as `open_source`."""
    reader = AudioReader(path, on_progress)
    blocks = list(reader)
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return DecodedAudio(samples, reader.damage)


def sample_frames(
    path: Path, every_ms: int = 2000, max_px: int = 512, on_progress: Progress | None = None
) -> Iterator[Frame]:
    """The frames of a `FrameSampler`, for tests that need not know of damage."""
    return iter(FrameSampler(path, Every(every_ms), max_px, on_progress))
