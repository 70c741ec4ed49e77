"""A closed world that small models can know by heart: coloured shapes on varied backgrounds.

48 things exist, `"red circle"` to `"white heart"`: 8 colours x 6 kinds. Everything is drawn from a
seed, so a test and the training scripts see the same picture for the same numbers.

    scene = render(["red circle", "blue star"], seed=7, width=512, height=288)
    frames = film([Cue(4, 8, "red circle")], duration_s=12, fps=25)
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage
from PIL import ImageDraw

Image = npt.NDArray[np.uint8]
Polygon = npt.NDArray[np.float64]

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (215, 25, 30),
    "orange": (250, 135, 15),
    "yellow": (245, 230, 40),
    "green": (30, 165, 60),
    "blue": (35, 70, 225),
    "purple": (130, 35, 165),
    "pink": (250, 135, 195),
    "white": (245, 245, 245),
}
_SUPERSAMPLING = 3
_IN_FILM = (0.35, 0.6)


def _around(radii: Sequence[float], start: float = -90.0) -> Polygon:
    angles = np.radians(start + 360.0 * np.arange(len(radii)) / len(radii))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.asarray(radii)[:, None]


def _cross(arm: float = 0.3) -> Polygon:
    corner = [(arm, -1), (arm, -arm), (1, -arm), (1, arm), (arm, arm), (arm, 1)]
    right = np.array(corner, dtype=np.float64)
    return np.concatenate([right, -right]) / np.hypot(1, arm)


def _heart() -> Polygon:
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x, y + 2.4], axis=1) / 16.5


# Outlines of unit radius around (0, 0), y downwards.
_OUTLINES: dict[str, Polygon] = {
    "circle": _around([0.95] * 64),
    "square": _around([1.0] * 4, start=-45),
    "triangle": _around([1.0] * 3),
    "star": _around([1.0, 0.42] * 5),
    "cross": _cross(),
    "heart": _heart(),
}
KINDS: tuple[str, ...] = tuple(_OUTLINES)
NAMES: tuple[str, ...] = tuple(f"{colour} {kind}" for colour, kind in product(COLOURS, KINDS))


@dataclass(frozen=True)
class Shape:
    """One thing in a picture.

    Its centre is in fractions of the frame, its size (the diameter of the circle around it) in
    fractions of the frame's short side, its angle in degrees.
    """

    colour: str
    kind: str
    x: float
    y: float
    size: float
    angle: float = 0.0

    @property
    def name(self) -> str:
        """What it is called: `"red circle"`."""
        return f"{self.colour} {self.kind}"

    def outline(self, width: int, height: int) -> Polygon:
        """Its corners in pixels of a frame of that size, float64 [n, 2]; may reach outside it."""
        turn = np.radians(self.angle)
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        radius = self.size * min(width, height) / 2
        return _OUTLINES[self.kind] @ rotation * radius + (self.x * width, self.y * height)

    def box(self, width: int, height: int) -> Box:
        """The upright rectangle around the part of it that lies inside the frame."""
        scale = np.array([width, height])
        points = self.outline(width, height) / scale
        (x0, y0), (x1, y1) = points.min(0).clip(0, 1), points.max(0).clip(0, 1)
        return Box(self.kind, float(x0), float(y0), float(x1 - x0), float(y1 - y0))


@dataclass(frozen=True)
class Box:
    """A labelled rectangle: left, top, width, height as fractions (0..1) of the frame."""

    label: str
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Scene:
    """A picture (uint8 RGB, H x W x 3) and the truth about it."""

    image: Image
    shapes: tuple[Shape, ...]
    boxes: tuple[Box, ...]
    caption: str


@dataclass(frozen=True)
class Cue:
    """Names (joined by commas) that are in view from `start_s` up to `end_s`."""

    start_s: float
    end_s: float
    names: str


def background(rng: np.random.Generator, width: int, height: int) -> Image:
    """A dull backdrop: plain, gradient, stripes, tiles or clouds of two greyish tints."""
    tints = (rng.integers(15, 150, (2, 1)) + rng.normal(0, 9, (2, 3))).astype(np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / min(width, height)
    turn = np.float32(rng.uniform(0, 2 * np.pi))
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    style, pitch = rng.integers(5), np.float32(rng.uniform(2, 8))
    if style == 0:
        mix = np.zeros_like(x)
    elif style == 1:
        mix = (along - along.min()) / (along.max() - along.min())
    elif style == 2:
        mix = 0.5 * (np.floor(along * pitch) % 2)
    elif style == 3:
        mix = 0.5 * ((np.floor(along * pitch) + np.floor(across * pitch)) % 2)
    else:
        coarse = PilImage.fromarray(rng.integers(0, 256, (5, 8), dtype=np.uint8))
        smooth = coarse.resize((width, height), PilImage.Resampling.BICUBIC)
        mix = np.asarray(smooth, dtype=np.float32) / 255
    picture = tints[0] + (tints[1] - tints[0]) * mix[..., None]
    return picture.clip(0, 255).astype(np.uint8)


def paint(canvas: Image, shapes: Sequence[Shape], tint: float = 0.0, seed: int = 0) -> Image:
    """A copy of `canvas` with the shapes on it; `tint` is the deviation of a colour (0..255)."""
    height, width = canvas.shape[:2]
    rng = np.random.default_rng(seed)
    picture = PilImage.fromarray(canvas)
    for shape in shapes:
        points = shape.outline(width, height)
        left, top = np.floor(points.min(0)).astype(int)
        right, bottom = np.ceil(points.max(0)).astype(int) + 1
        size = ((right - left) * _SUPERSAMPLING, (bottom - top) * _SUPERSAMPLING)
        mask = PilImage.new("L", size)
        corners = (points - (left, top)) * _SUPERSAMPLING
        ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in corners], fill=255)
        fill = np.array(COLOURS[shape.colour]) + rng.normal(0, tint, 3)
        red, green, blue = (int(value) for value in fill.clip(0, 255))
        picture.paste((red, green, blue), (int(left), int(top)), mask.reduce(_SUPERSAMPLING))
    return np.asarray(picture).copy()


def place(
    rng: np.random.Generator,
    names: Sequence[str],
    width: int,
    height: int,
    *,
    sizes: tuple[float, float] = (0.3, 0.7),
    wide: bool = False,
) -> tuple[Shape, ...]:
    """Random places, sizes and angles for `names`, not covering each other.

    Centres keep to the middle square of the frame, which is all that CLIP sees of it, unless
    `wide`. Shapes shrink until they fit.
    """
    short = min(width, height)
    area = (width, height) if wide else (short, short)
    low, high = sizes
    placed: list[Shape] = []
    for name in names:
        colour, kind = name.split()
        while True:
            size = rng.uniform(low, high)
            inset = 0.8 * size * short
            x = 0.5 + rng.uniform(-0.5, 0.5) * (area[0] - inset) / width
            y = 0.5 + rng.uniform(-0.5, 0.5) * (area[1] - inset) / height
            shape = Shape(colour, kind, x, y, size, angle=rng.uniform(-20, 20))
            if not any(_touch(shape, other, width, height) for other in placed):
                break
            high = max(low, high * 0.97)
            low *= 0.995
        placed.append(shape)
    return tuple(placed)


def _touch(one: Shape, other: Shape, width: int, height: int) -> bool:
    distance = np.hypot((one.x - other.x) * width, (one.y - other.y) * height)
    return bool(distance < 0.5 * (one.size + other.size) * min(width, height))


def render(
    names: Sequence[str],
    *,
    seed: int,
    width: int = 512,
    height: int = 288,
    sizes: tuple[float, float] = (0.3, 0.7),
    wide: bool = False,
    jpeg: bool = True,
) -> Scene:
    """A picture of the named things, jittered in place, size, angle, colour and noise."""
    rng = np.random.default_rng(seed)
    shapes = place(rng, names, width, height, sizes=sizes, wide=wide)
    image = paint(background(rng, width, height), shapes, tint=7, seed=seed)
    image = _degrade(rng, image, jpeg)
    boxes = tuple(shape.box(width, height) for shape in shapes)
    return Scene(image, shapes, boxes, caption(names))


def caption(names: Sequence[str]) -> str:
    """The plain caption: `"a red circle and a blue star"`, or `"nothing"`."""
    return " and ".join(f"{article(name)} {name}" for name in names) or "nothing"


def article(words: str) -> str:
    """The article that these words take: `"an"` before a vowel."""
    return "an" if words[0] in "aeiou" else "a"


def film(
    cues: Sequence[Cue],
    *,
    duration_s: float,
    fps: float,
    width: int = 512,
    height: int = 288,
    seed: int = 0,
) -> Iterator[Image]:
    """The frames (uint8 RGB, H x W x 3) of a film: each cue's things drift slowly while in view."""
    rng = np.random.default_rng(seed)
    backdrop = background(rng, width, height)
    placed = [
        place(rng, [name.strip() for name in cue.names.split(",")], width, height, sizes=_IN_FILM)
        for cue in cues
    ]
    for index in range(round(duration_s * fps)):
        now = index / fps
        sway = float(np.sin(now))
        in_view = [
            replace(shape, x=shape.x + 0.02 * sway, angle=shape.angle + 8 * sway)
            for cue, shapes in zip(cues, placed, strict=True)
            if cue.start_s <= now < cue.end_s
            for shape in shapes
        ]
        yield paint(backdrop, in_view)


def _degrade(rng: np.random.Generator, image: Image, jpeg: bool) -> Image:
    grain = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(0, 8))
    noisy = (image * np.float32(rng.uniform(0.85, 1.05)) + grain).clip(0, 255).astype(np.uint8)
    if not jpeg:
        return noisy
    buffer = io.BytesIO()
    PilImage.fromarray(noisy).save(buffer, "JPEG", quality=int(rng.integers(60, 95)))
    return np.asarray(PilImage.open(buffer).convert("RGB"))
