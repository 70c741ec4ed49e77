"""The stored sound of a video: 16 kHz mono FLAC that Gaze wrote itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gaze_pipeline.errors import ErrorCode, GazeError

RATE = 16_000


def read_audio(flac: Path) -> NDArray[np.float32]:
    """The samples of a file that `extract_audio` wrote: float32 [n], 16 kHz mono, -1..1.

    Raises GazeError ARTIFACT_CORRUPT if it cannot be read back.
    """
    import av  # only here: a process that runs a batch opens no other media file
    import av.error

    blocks = []
    try:
        with av.open(str(flac.absolute()), "r", format="flac") as container:
            stream = container.streams.audio[0]
            for frame in container.decode(stream):
                pcm = frame.to_ndarray().reshape(-1)
                blocks.append(pcm.astype(np.float32) / 32768.0)
    except FileNotFoundError as error:
        raise GazeError(ErrorCode.ARTIFACT_CORRUPT, flac, "not there") from error
    except (av.error.FFmpegError, IndexError) as error:
        raise GazeError(ErrorCode.ARTIFACT_CORRUPT, flac, str(error)) from error
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
