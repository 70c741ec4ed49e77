"""A browser's player beside the file it plays: what is on its screen, and what should be."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL.Image import Resampling
from playwright.sync_api import Page

from gaze_search_app import components

Image = NDArray[np.uint8]

WIDTH, HEIGHT = 64, 48  # px of every picture that is compared, whatever its shape was
FIELD = 8

WATCH = Path(__file__).with_name("watching.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Seen:
    """What the player showed: the picture of `at_ms` of the video, on a screen of some size in px.

    `began_ms` is how long it took from the click until it played; `heard` how many bytes of sound were
    decoded by then. `image` is uint8 [HEIGHT, WIDTH, 3], None
    where there is no picture; its time is then None too.
    """

    at_ms: float | None
    now_ms: float | None
    began_ms: float | None
    width: int
    height: int
    heard: int
    converted: bool
    problem: str
    image: Image | None


class Screen:
    """The page's own player, a few times, on an otherwise empty page of the app."""

    def __init__(self, page: Page, players: int = 2) -> None:
        self._page = page
        page.evaluate(
            """([html, script, count]) => {
              document.body.innerHTML = html.repeat(count);
              const player = Function("root", script + "; return new Player(root)");
              window.players = [...document.querySelectorAll(".player")].map((root) => player(root));
            }""",
            [components._PLAYER, components._read(*components._PLAYER_CODE), players],
        )

    def watch(self, moments: Sequence[tuple[str, int]]) -> list[Seen]:
        """Play videos, each from a moment on, and look: fingerprints and ms."""
        told = self._page.evaluate(WATCH, [list(moments), WIDTH, HEIGHT])
        return [_seen(**one) for one in told]


def _seen(pixels: list[int] | None, **told: Any) -> Seen:
    if pixels is None:
        return Seen(**told, image=None)
    return Seen(**told, image=np.array(pixels, np.uint8).reshape(HEIGHT, WIDTH, 4)[:, :, :3])


def unlikeness(one: Image, other: Image) -> float:
    """How far two pictures are apart: the mean difference of the colours of their fields, 0..255."""
    fields = [
        image.reshape(HEIGHT // FIELD, FIELD, WIDTH // FIELD, FIELD, 3).mean(axis=(1, 3))
        for image in (one, other)
    ]
    return float(np.abs(fields[0] - fields[1]).mean())


@dataclass(frozen=True)
class Original:
    """What a file holds at a moment: the upright pictures shown around it, and the shape of these."""

    images: list[Image]
    aspect: float  # width / height
    sound: bool


def original(path: Path, at_ms: float, around_ms: float = 60) -> Original:
    """Decoded from the start, as far as it goes; time 0 is where the earliest stream begins."""
    with av.open(str(path)) as container:
        starts = [s.start_time * s.time_base for s in container.streams if s.start_time is not None]
        zero = float(min(starts, default=0))
        sound = bool(container.streams.audio)
        if not container.streams.video:
            return Original([], 0.0, sound)
        video = container.streams.video[0]
        near: list[av.VideoFrame] = []
        with suppress(av.error.InvalidDataError):  # cut or damaged: as far as it goes
            for frame in container.decode(video):
                at = (float(frame.time or 0) - zero) * 1000
                if at <= at_ms - around_ms:
                    near.clear()  # it is gone again by then
                near.append(frame)
                if at > at_ms + around_ms:
                    break
        aspect = float(video.width * (video.sample_aspect_ratio or 1) / video.height)
        turned = near[0].rotation % 180 != 0
        return Original([_upright(one) for one in near], 1 / aspect if turned else aspect, sound)


def _upright(frame: av.VideoFrame) -> Image:
    image = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
    return np.asarray(PilImage.fromarray(image).resize((WIDTH, HEIGHT), Resampling.BILINEAR))
