"""Silent films of coloured shapes: one stays, returns, moves, is brief, is not alone, or has an order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tests.support.shapes import NAMES, Image, Shape, background, paint, place

FPS = 4
WIDTH, HEIGHT = 512, 288
GROUPS = {"stays": 8, "returns": 6, "moves": 6, "brief": 4, "pair": 4, "order": 6}
"""How many shapes each kind of film is about; no two kinds share one."""
_SIZES = (0.4, 0.6)
_SEED = 4


@dataclass(frozen=True)
class Shot:
    """Shapes in view (none: an empty scene) for some seconds; they sway, or cross the frame."""

    names: tuple[str, ...]
    seconds: float
    crosses: bool = False


@dataclass(frozen=True)
class ShapeFilm:
    """A film of one kind, a shot after the other."""

    name: str
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class Cast:
    """Which shapes play in which kind of film, and which are never shown."""

    by_group: dict[str, tuple[str, ...]]
    absent: tuple[str, ...]


def cast(taken: Sequence[str]) -> Cast:
    """Deal out the shapes that the narrated films do not show (`taken`)."""
    free = [name for name in NAMES if name not in taken]
    dealt = iter(np.random.default_rng(_SEED).permutation(free).tolist())
    by_group = {group: tuple(next(dealt) for _ in range(count)) for group, count in GROUPS.items()}
    return Cast(by_group, tuple(dealt))


def shape_films(parts: Cast) -> list[ShapeFilm]:
    """Every film of shapes."""
    films: list[ShapeFilm] = []

    def add(group: str, *shots: Shot) -> None:
        number = sum(film.name.startswith(group) for film in films) + 1
        films.append(ShapeFilm(f"{group} {number}.mp4", shots))

    pause = Shot((), 6)
    for one, other in _by(2, parts.by_group["stays"]):
        add("stays", Shot((one,), 44), pause, Shot((other,), 36))
    for a, b in _by(2, parts.by_group["returns"]):
        first, second = Shot((a,), 8), Shot((b,), 8)
        add("returns", first, second, pause, first, pause, second, first)
    for names in _by(3, parts.by_group["moves"]):
        add("moves", *(Shot((name,), 16, crosses=True) for name in names))
    for one, other in _by(2, parts.by_group["brief"]):
        add("brief", pause, Shot((one,), 3), pause, Shot((other,), 3), pause)
    for a, b in _by(2, parts.by_group["pair"]):
        add("pair", Shot((a,), 8), pause, Shot((a, b), 10), pause, Shot((b,), 8))
    for a, b, c in _by(3, parts.by_group["order"]):
        first, second, third = Shot((a,), 6), Shot((b,), 6), Shot((c,), 6)
        add("order", first, second, third)
        add("order", third, second, first)
        add("order", first, Shot((), 40), second)
    return films


def images(shots: Sequence[Shot], seed: int) -> Iterator[Image]:
    """The frames of a film (uint8 RGB, HEIGHT x WIDTH x 3), FPS a second; each shot has its own backdrop."""
    rng = np.random.default_rng(seed)
    for shot in shots:
        backdrop = background(rng, WIDTH, HEIGHT)
        shapes = place(rng, shot.names, WIDTH, HEIGHT, sizes=_SIZES)
        count = round(shot.seconds * FPS)
        for index in range(count):
            along = index / count
            yield paint(backdrop, [_moved(shape, along, shot.crosses) for shape in shapes])


def _moved(shape: Shape, along: float, crosses: bool) -> Shape:
    """The shape at a fraction of its shot; one that crosses keeps to what CLIP sees of the frame."""
    sway = float(np.sin(12 * along))
    if crosses:
        return replace(shape, x=0.36 + 0.28 * along, y=0.45 + 0.1 * sway, angle=90 * along)
    return replace(shape, x=shape.x + 0.01 * sway, angle=shape.angle + 6 * sway)


def _by(size: int, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield from zip(*[iter(names)] * size, strict=True)
