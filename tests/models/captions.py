"""What can be said of a scene of shapes, many words for one meaning, and whether it is true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.support.shapes import Shape, article

_THING = (
    "{name}",
    "{a} {name}",
    "the {name}",
    "one {name}",
    "a photo of {a} {name}",
    "a picture of {a} {name}",
    "an image of {a} {name}",
    "there is {a} {name}",
    "{kind} that is {colour}",
    "a {kind} that is {colour}",
    "a {kind} which is {colour}",
    "a {colour} shape, {a} {name}",
    "a video frame with {a} {name} on a plain background",
    "{a} {name} in the middle of the picture",
    "show me the {name}",
    "a single {kind}, {colour}",
)
_KIND = ("{kind}", "a {kind}", "a photo of a {kind}", "the {kind}")
_COLOUR = ("{colour}", "something {colour}", "{a} {colour} thing", "{a} {colour} shape")
_NOTHING = ("nothing", "an empty scene", "a plain background", "no shape at all", "empty")
_JOINTS = (" and ", " next to ", ", ")


@dataclass(frozen=True)
class Claim:
    """A caption and what it asserts: (colour, kind) of things in view, where None means any."""

    text: str
    things: tuple[tuple[str | None, str | None], ...]

    def holds(self, shapes: Sequence[Shape]) -> bool:
        """Whether it is true of a scene with these shapes; no things claim that there are none."""
        if not self.things:
            return not shapes
        return all(
            any(colour in (None, s.colour) and kind in (None, s.kind) for s in shapes)
            for colour, kind in self.things
        )


def claim(rng: np.random.Generator, shapes: Sequence[Shape], vague: float = 0.3) -> Claim:
    """A true claim about a scene.

    Of a single thing it names only the colour or only the kind with probability `vague`; of
    several it speaks of one in two cases of five.
    """
    if not shapes:
        return Claim(_pick(rng, _NOTHING), ())
    if len(shapes) > 1 and rng.random() < 0.6:
        text = _pick(rng, _JOINTS).join(f"{article(s.name)} {s.name}" for s in shapes)
        return Claim(text, tuple((s.colour, s.kind) for s in shapes))
    shape = shapes[int(rng.integers(len(shapes)))]
    draw = rng.random()
    if draw < vague / 2:
        return Claim(_worded(rng, _KIND, shape), ((None, shape.kind),))
    if draw < vague:
        return Claim(_worded(rng, _COLOUR, shape), ((shape.colour, None),))
    return Claim(_worded(rng, _THING, shape), ((shape.colour, shape.kind),))


def _worded(rng: np.random.Generator, forms: Sequence[str], shape: Shape) -> str:
    return _pick(rng, forms).format(
        name=shape.name, colour=shape.colour, kind=shape.kind, a=article(shape.colour)
    )


def _pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]
