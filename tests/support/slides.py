"""Pictures of text in four scripts (see `draw_slides`), and films that show them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gaze_pipeline.media.encode import write_video

HERE = Path(__file__).parent
FPS = 5

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Slide:
    """What is written on a picture, and queries that it answers."""

    name: str
    script: str
    lines: tuple[str, ...]
    ask: tuple[str, ...]

    @property
    def picture(self) -> Picture:
        """uint8 [540, 960, 3] RGB."""
        with Image.open(HERE / "slides" / f"{self.name}.png") as image:
            return np.asarray(image.convert("RGB"))


def slides() -> list[Slide]:
    """Every slide there is."""
    told = tomllib.loads((HERE / "slides.toml").read_text(encoding="utf-8"))["slide"]
    return [Slide(s["name"], s["script"], tuple(s["lines"]), tuple(s["ask"])) for s in told]


def slide(name: str) -> Slide:
    """The slide of that name."""
    return next(one for one in slides() if one.name == name)


def camera(seconds: int, seed: int = 0) -> Iterator[Picture]:
    """Moving blurred greys, without any text: uint8 [540, 960, 3] RGB."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 160, (7, 24), dtype=np.uint8)
    for number in range(seconds * FPS):
        moved = Image.fromarray(np.roll(coarse, number, axis=1))
        smooth = np.asarray(moved.resize((960, 540), Image.Resampling.BICUBIC))
        yield np.repeat(smooth[:, :, None], 3, axis=2)


def talk(path: Path, shown: Sequence[tuple[Slide, int]], after_s: int = 0) -> Path:
    """A film of slides, each for some seconds, and of a moving camera afterwards."""

    def frames() -> Iterator[Picture]:
        for one, seconds in shown:
            picture = one.picture
            yield from (picture for _ in range(seconds * FPS))
        yield from camera(after_s)

    write_video(path, frames(), fps=FPS)
    return path
