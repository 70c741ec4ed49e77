"""What the sample films show and say; the photographs come with scikit-image (CC0 or public domain)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scene:
    """One photograph and what is said over it; `pan` is the view's height, first and last (0 top)."""

    photo: str
    narration: str
    pan: tuple[float, float] = (0.3, 0.7)


@dataclass(frozen=True)
class Film:
    """A short film of one or more scenes."""

    name: str
    scenes: tuple[Scene, ...]


FILMS = (
    Film(
        "commander",
        (
            Scene(
                "astronaut.png",
                "This is Eileen Collins, a pilot and astronaut. She was the first woman to command "
                "a space shuttle. Before that she taught mathematics and flew test planes for the "
                "air force.",
                (0.0, 0.35),
            ),
            Scene(
                "rocket.jpg",
                "Her crew carried a telescope into orbit. The countdown was stopped twice, and on "
                "the third night the engines finally lit. The X-ray observatory she delivered is "
                "still working today.",
                (0.9, 0.2),
            ),
        ),
    ),
    Film(
        "house cat",
        (
            Scene(
                "chelsea.png",
                "Chelsea is a tabby cat. She sleeps for sixteen hours a day and wakes up when "
                "somebody opens the fridge. Cats purr when they are happy, but also when they are "
                "in pain. A cat's whiskers are as wide as its body, so it knows which gaps it can "
                "squeeze through. When she blinks at you slowly, blink back: that is a smile.",
            ),
        ),
    ),
    Film(
        "morning coffee",
        (
            Scene(
                "coffee.png",
                "Good espresso needs only four things: fresh beans, clean water, the right "
                "temperature, and patience. Grind the beans just before you brew. If the coffee "
                "tastes sour, grind finer. If it tastes bitter, grind coarser. And warm the cup "
                "first, or the crema is gone before you have found a spoon.",
            ),
        ),
    ),
    Film(
        "launch night",
        (
            Scene(
                "rocket.jpg",
                "At half past nine in the evening the rocket left the launch pad in Florida. "
                "Within two minutes it was faster than sound. The first stage came back and landed "
                "on a ship in the ocean, and the satellite reached its orbit before midnight.",
                (0.95, 0.0),
            ),
            Scene(
                "moon.png",
                "Next year the same rocket will carry a small robot to the moon, to look for frozen "
                "water in the craters.",
            ),
        ),
    ),
    Film(
        "motorcycle repair",
        (
            Scene(
                "motorcycle_left.png",
                "Today we fix the brakes of an old motorcycle. Lift the rear wheel from the garage "
                "floor. Loosen the caliper with a twelve millimetre wrench, and slide out the worn "
                "brake pads. Never touch the disc with greasy fingers. Then pump the lever until it "
                "feels firm, and take a slow ride around the block before you trust it.",
            ),
        ),
    ),
    Film(
        "deep field",
        (
            Scene(
                "hubble_deep_field.jpg",
                "Astronomers pointed the Hubble telescope at a patch of sky that looked empty. "
                "After ten days they counted three thousand galaxies. Some of that light is older "
                "than the earth. Every smudge in this picture is an island of a hundred billion "
                "stars. Hold a grain of sand at arm's length, and it hides as much of the sky.",
                (0.1, 0.9),
            ),
        ),
    ),
    Film(
        "roman coins",
        (
            Scene(
                "coins.png",
                "These Greek coins were found in Pompeii. The silver ones paid a soldier for one "
                "day. Collectors look at the edge first, because forgers forget the edge.",
            ),
            Scene(
                "page.png",
                "The museum's catalogue lists every coin with its weight and the name of the "
                "emperor. Most of them had been buried in a clay pot under a kitchen floor.",
                (0.0, 0.8),
            ),
        ),
    ),
)
