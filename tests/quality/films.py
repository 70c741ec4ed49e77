"""Rendering the suite's films, and writing down what happens in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from gaze_pipeline.demo.narrator import narrate
from gaze_pipeline.media.encode import write_video
from gaze_pipeline.media.probe import probe
from tests.quality import slide_films
from tests.quality.material import Footage, Narrated, Recorded, material
from tests.quality.shape_films import FPS, ShapeFilm, Shot, cast, images, shape_films
from tests.quality.timeline import Event

PAUSE_S = 0.8
"""Silence before and after each spoken line."""
_RATE = 16_000
_QUICK = {"preset": "ultrafast"}
_FEW_NARRATED = ("coast road", "city evening", "Alltag")
_FEW_SHAPES = (
    "stays 1.mp4",
    "returns 1.mp4",
    "moves 1.mp4",
    "pair 1.mp4",
    "order 1.mp4",
    "order 2.mp4",
)

Samples = NDArray[np.float32]


def render(folder: Path, media: Path | None, reduced: bool) -> list[Event]:
    """Make every film; the events of these and, where `media` is given, of the real videos there."""
    plan = material()
    events: list[Event] = []
    for seed, narrated in enumerate(plan.narrated):
        if not reduced or narrated.name in _FEW_NARRATED:
            events += _narrate(narrated, folder, seed)
    shown = sorted({scene.see for film in plan.narrated for scene in film.scenes})
    for seed, film in enumerate(shape_films(cast(shown)), start=100):
        if not reduced or film.name in _FEW_SHAPES:
            events += _show(film, folder, seed)
    events += slide_films.render(folder)
    if media is not None:
        for seed, recorded in enumerate(plan.recorded, start=200):
            events += _record(recorded, folder, media, seed)
        for footage in plan.footage:
            events += _footage(footage, media)
    return events


def _narrate(film: Narrated, folder: Path, seed: int) -> list[Event]:
    events, shots, track = [], list[Shot](), list[Samples]()
    video, frames, samples = f"{film.name}.mp4", 0, 0
    for scene in film.scenes:
        speech, rate = narrate(scene.say, film.voice)
        speech = _trimmed(speech)
        count = int(np.ceil((len(speech) / rate + 2 * PAUSE_S) * FPS))
        sound = np.zeros(round(count / FPS * rate), np.float32)
        first = round(PAUSE_S * rate)
        sound[first : first + len(speech)] = speech
        said = (samples + first) * 1000 // rate, (samples + first + len(speech)) * 1000 // rate
        events += [
            Event(
                video=video,
                start_ms=frames * 1000 // FPS,
                end_ms=(frames + count) * 1000 // FPS,
                see=(scene.see,),
            ),
            Event(
                video=video,
                start_ms=said[0],
                end_ms=said[1],
                say=scene.say,
                language=film.language,
                topic=scene.topic,
                synthetic=True,
                ask=scene.ask,
            ),
        ]
        shots.append(Shot((scene.see,), count / FPS))
        track.append(sound)
        frames, samples = frames + count, samples + len(sound)
    write_video(
        folder / video,
        images(shots, seed),
        fps=FPS,
        audio=np.concatenate(track),
        sample_rate=rate,
        options=_QUICK,
    )
    return events


def _show(film: ShapeFilm, folder: Path, seed: int) -> list[Event]:
    write_video(folder / film.name, images(film.shots, seed), fps=FPS, options=_QUICK)
    events, at = [], 0.0
    for shot in film.shots:
        start, at = at, at + shot.seconds
        events.append(
            Event(
                video=film.name,
                start_ms=round(1000 * start),
                end_ms=round(1000 * at),
                see=shot.names,
            )
        )
    return events


def _record(recorded: Recorded, folder: Path, media: Path, seed: int) -> Iterator[Event]:
    if recorded.picture:
        sound = _sound(media / recorded.source, recorded.track)
        blank = images([Shot((), len(sound) / _RATE)], seed)
        write_video(folder / recorded.video, blank, FPS, sound, sample_rate=_RATE, options=_QUICK)
    for line in recorded.lines:
        yield Event(
            video=recorded.video,
            start_ms=round(1000 * line.start_s),
            end_ms=round(1000 * line.end_s),
            say=line.ask[0],
            language=line.language or recorded.language,
            ask=line.ask,
        )


def _footage(footage: Footage, media: Path) -> Iterator[Event]:
    for name in footage.files:
        length = probe(media / "video" / name).duration_ms
        yield Event(video=name, start_ms=0, end_ms=length, see=("footage",), ask=footage.ask)


def _trimmed(speech: Samples, silent: float = 0.01) -> Samples:
    """The speech without the silence around it."""
    loud = np.flatnonzero(np.abs(speech) > silent)
    return speech[loud[0] : loud[-1] + 1]


def _sound(path: Path, track: int) -> Samples:
    """One audio track of a file, mono, at 16 kHz."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[track]
        resampler = av.AudioResampler("flt", "mono", _RATE)
        blocks = [
            block.to_ndarray().ravel()
            for frame in (*container.decode(stream), None)
            for block in resampler.resample(frame)
        ]
    return np.concatenate(blocks)
