"""Films of text on screen in four scripts: slides that stay, and signs that move through a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from gaze_pipeline.media.encode import write_video
from tests.quality.timeline import Event
from tests.support.slides import FPS, Picture, Slide, camera, slides

STAYS_S = 6
_SIGN = 0.62
"""How large a sign is in its picture."""
_STEP_PX = 2


def render(folder: Path) -> Iterator[Event]:
    """A talk of half of the slides, and a street with the others as signs."""
    every = slides()
    talk, street = every[::2], every[1::2]
    write_video(folder / "talk with slides.mp4", _slides(talk), fps=FPS)
    write_video(folder / "street with signs.mp4", _signs(street), fps=FPS)
    yield from _events("talk with slides.mp4", talk)
    yield from _events("street with signs.mp4", street)


def _events(video: str, shown: Sequence[Slide]) -> Iterator[Event]:
    for number, slide in enumerate(shown):
        start = 1000 * STAYS_S * number
        end = start + 1000 * STAYS_S
        yield Event(video=video, start_ms=start, end_ms=end, script=slide.script, ask=slide.ask)


def _slides(shown: Sequence[Slide]) -> Iterator[Picture]:
    for slide in shown:
        yield from [slide.picture] * (STAYS_S * FPS)


def _signs(shown: Sequence[Slide]) -> Iterator[Picture]:
    background = camera(STAYS_S * len(shown), seed=5)
    for slide in shown:
        image = Image.fromarray(slide.picture)
        small = np.asarray(image.resize((round(960 * _SIGN), round(540 * _SIGN))))
        for number in range(STAYS_S * FPS):
            picture = np.array(next(background))
            left = 60 + _STEP_PX * number
            picture[90 : 90 + len(small), left : left + small.shape[1]] = small
            yield picture
