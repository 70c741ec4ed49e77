"""The films that speed is told by: an hour's worth of a talk with slides, and of a moving camera, in 1080p.

Real footage and real speech where they lie beside the checkout, else the demo's photographs and its narrator.
The picture of a film is rendered for as long as it takes to see its kind, and goes on from its start then;
the sentences are always in another order, with a share of pauses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.stream import Stream
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gaze_pipeline.demo.films import FILMS
from gaze_pipeline.demo.narrator import narrate
from gaze_pipeline.media.audio import AudioReader
from gaze_pipeline.media.encode import write_video
from gaze_pipeline.media.encoding import FASTSTART, Timed, encode_sound, mux, timed
from gaze_pipeline.media.output import writing
from gaze_pipeline.media.track import RATE

WIDTH, HEIGHT, FPS = 1920, 1080, 30
SLIDE_S, SPEAKER_S = 30, 15
"""How long a slide stays, and the speaker after two of them."""
TALK_SPEECH, CAMERA_SPEECH = 0.85, 0.4
"""The share of a film in which somebody speaks."""
SHOT_S, SHOTS = 6, 5
_VIEW = 0.8
_GRAIN = 5.0
"""The deviation of a camera's noise, of 255."""

Picture = NDArray[np.uint8]
Sound = NDArray[np.float32]


def talk(path: Path, seconds: int, footage: Sequence[Path], speech: Sequence[Path]) -> None:
    """Slides that stay, now and then the one who speaks, seen by a fixed camera."""
    sound = _spoken(seconds, TALK_SPEECH, speech, 1)
    _write(path, _slides_and_speaker(footage), 2 * SLIDE_S + SPEAKER_S, sound)


def camera(path: Path, seconds: int, footage: Sequence[Path], speech: Sequence[Path]) -> None:
    """A camera in the hand: shots of `SHOT_S` seconds, each a pan over moving pictures, with its noise."""
    _write(path, _pans(footage), SHOTS * SHOT_S, _spoken(seconds, CAMERA_SPEECH, speech, 2))


def _write(path: Path, pictures: Iterator[Picture], unit_s: int, sound: Sound) -> None:
    """A film as long as its sound, whose picture is that of `unit_s` seconds again and again."""
    unit = path.with_name(f".unit-{path.name}")
    write_video(unit, islice(pictures, unit_s * FPS), FPS, options={"preset": "veryfast"})
    with writing(path, "mp4", FASTSTART) as container:
        seen = _repeated(container, unit, unit_s, len(sound) / RATE)
        blocks = (sound[None, start : start + RATE] for start in range(0, len(sound), RATE))
        mux(container, seen, encode_sound(container, blocks, RATE, 1))
    unit.unlink()


def _repeated(
    container: OutputContainer, unit: Path, unit_s: int, seconds: float
) -> Iterator[Timed]:
    """The packets of a film's picture over and over, until so many seconds are full."""
    with av.open(str(unit)) as source:
        stream = container.add_stream_from_template(source.streams.video[0])
    return _packets(stream, unit, unit_s, seconds)


def _packets(stream: Stream, unit: Path, unit_s: int, seconds: float) -> Iterator[Timed]:
    for start in range(0, math.ceil(seconds), unit_s):
        with av.open(str(unit)) as source:
            for packet in source.demux(video=0):
                if packet.dts is None or packet.pts is None:
                    continue
                if start + float(packet.pts * packet.time_base) >= seconds:
                    continue
                packet.pts += round(start / packet.time_base)
                packet.dts += round(start / packet.time_base)
                packet.stream = stream
                yield from timed([packet])


def _slides_and_speaker(footage: Sequence[Path]) -> Iterator[Picture]:
    rng = np.random.default_rng(3)
    speakers = _moving(footage[:1], rng)
    for number in count():
        slide = _slide(number)
        yield from (slide for _ in range(SLIDE_S * FPS))
        if number % 2:
            for _ in range(SPEAKER_S * FPS):
                yield _fit(next(speakers), WIDTH, HEIGHT)


def _pans(footage: Sequence[Path]) -> Iterator[Picture]:
    rng = np.random.default_rng(4)
    grains = [rng.normal(0, _GRAIN, (HEIGHT, WIDTH, 1)).astype(np.int8) for _ in range(8)]
    pictures = _moving(footage, rng)
    while True:
        start, end = rng.uniform(0, 1 - _VIEW, (2, 2))
        for step in range(SHOT_S * FPS):
            left, top = start + (end - start) * step / (SHOT_S * FPS)
            picture = next(pictures)
            height, width = picture.shape[:2]
            view = (left * width, top * height, (left + _VIEW) * width, (top + _VIEW) * height)
            image = np.asarray(
                Image.fromarray(picture).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, view)
            )
            noisy = image.astype(np.int16) + grains[rng.integers(len(grains))]
            yield noisy.clip(0, 255).astype(np.uint8)


def _moving(footage: Sequence[Path], rng: np.random.Generator) -> Iterator[Picture]:
    """The pictures of all footage again and again, each time in another order; without any, photographs."""
    if not footage:
        return _photographs(rng)
    return _filmed(footage, rng)


def _filmed(footage: Sequence[Path], rng: np.random.Generator) -> Iterator[Picture]:
    while True:
        for index in rng.permutation(len(footage)):
            with av.open(str(footage[index])) as container:
                for frame in container.decode(video=0):
                    yield frame.to_ndarray(format="rgb24")


def _photographs(rng: np.random.Generator) -> Iterator[Picture]:
    from skimage.data import data_dir

    names = sorted({scene.photo for film in FILMS for scene in film.scenes})
    while True:
        photo = Image.open(Path(data_dir) / names[rng.integers(len(names))]).convert("RGB")
        picture = _fit(np.asarray(photo), WIDTH, HEIGHT)
        yield from (picture for _ in range(SHOT_S * FPS))


def _slide(number: int) -> Picture:
    """A heading, four lines and a chart, different for each number."""
    rng = np.random.default_rng(number)
    words = [scene.narration for film in FILMS for scene in film.scenes]
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    draw.text((120, 90), f"Chapter {number + 1}", "navy", ImageFont.load_default(84))
    for line in range(4):
        text = words[rng.integers(len(words))][:42]
        draw.text((160, 280 + 100 * line), f"- {text}", "black", ImageFont.load_default(52))
    for bar, height in enumerate(rng.integers(40, 320, 8)):
        left = 200 + 190 * bar
        draw.rectangle((left, 1000 - int(height), left + 120, 1000), "steelblue")
    return np.asarray(image)


def _fit(picture: Picture, width: int, height: int) -> Picture:
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR))


def _spoken(seconds: int, share: float, speech: Sequence[Path], seed: int) -> Sound:
    """float32 [n] at `RATE`: sentences in random order with pauses that leave speech its share."""
    rng = np.random.default_rng(seed)
    sentences = [np.concatenate(list(AudioReader(path))) for path in speech] or _narrated()
    parts: list[Sound] = []
    length = 0
    while length < seconds * RATE:
        for index in rng.permutation(len(sentences)):
            sentence = sentences[index]
            pause = len(sentence) * (1 / share - 1) * rng.uniform(0.5, 1.5)
            parts += [sentence, np.zeros(round(pause), np.float32)]
            length += len(parts[-2]) + len(parts[-1])
    return np.concatenate(parts)[: seconds * RATE]


def _narrated() -> list[Sound]:
    spoken = []
    for film in FILMS:
        for scene in film.scenes:
            samples, rate = narrate(scene.narration)
            times = np.arange(0, len(samples), rate / RATE)
            spoken.append(np.interp(times, np.arange(len(samples)), samples).astype(np.float32))
    return spoken
