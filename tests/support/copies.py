"""Copies of videos as people make them: sent by a messenger, trimmed, cropped, in another container."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from gaze_pipeline.media.encode import write_video

Image = NDArray[np.uint8]
FPS = 12.5


@dataclass(frozen=True)
class Treatment:
    """What is done to a video: its part from `start_s` to `end_s`, `height` px high, cropped, with bars."""

    start_s: float = 0.0
    end_s: float = 3600.0
    height: int = 180
    crop: float = 0.0
    bars: int = 0
    quality: int = 34


def copied(source: Path, target: Path, treatment: Treatment = Treatment()) -> Path:
    """Encode a copy without sound; the suffix of the target is its container."""
    codec = "libvpx" if target.suffix == ".webm" else "libx264"
    options = {"crf": str(treatment.quality)}
    options |= {"cpu-used": "8", "b": "400k"} if codec == "libvpx" else {"preset": "ultrafast"}
    write_video(target, _pictures(source, treatment), FPS, codec=codec, options=options)
    return target


def _pictures(source: Path, treatment: Treatment) -> Iterator[Image]:
    shown = treatment.start_s
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        begin = (stream.start_time or 0) * (stream.time_base or 1)
        for frame in container.decode(stream):
            if frame.pts is None or frame.time_base is None:
                continue
            at = float(frame.pts * frame.time_base - begin)
            if at >= treatment.end_s:
                return
            while at >= shown - 0.001:  # as often as it is due at the new rate
                yield _treated(frame, treatment)
                shown += 1 / FPS


def _treated(frame: av.VideoFrame, treatment: Treatment) -> Image:
    height = treatment.height // 2 * 2
    width = round(height * frame.width / frame.height / 2) * 2
    picture = frame.reformat(width, height, "rgb24").to_ndarray()
    y, x = (int(side * treatment.crop / 2) * 2 for side in (height, width))
    picture = picture[y : height - y, x : width - x]
    return np.pad(picture, ((treatment.bars,) * 2, (0, 0), (0, 0)))
