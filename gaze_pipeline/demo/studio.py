"""Making the sample films: a slow pan over each photograph while it is spoken about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.data import data_dir

from gaze_pipeline.demo.films import FILMS, Film, Scene
from gaze_pipeline.demo.narrator import narrate
from gaze_pipeline.media.encode import write_video

WIDTH, HEIGHT, FPS = 854, 480, 12
_ZOOM = 0.82
_PAUSE_S = 1.2


def make_library(folder: Path) -> Iterator[Path]:
    """Make every film that is not there yet; yields each path when the film is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for film in FILMS:
        path = folder / f"{film.name}.mp4"
        if not path.exists():
            make_film(film, path)
        yield path


def make_film(film: Film, path: Path) -> None:
    """Render one film as H.264 and AAC in MP4; it appears under its name when it is whole."""
    tracks: list[NDArray[np.float32]] = []
    rate = 0
    for scene in film.scenes:
        speech, rate = narrate(scene.narration)
        pause = np.zeros(int(_PAUSE_S * rate), dtype=np.float32)
        tracks.append(np.concatenate([pause, speech, pause]))
    frames = (
        frame
        for scene, track in zip(film.scenes, tracks, strict=True)
        for frame in _pan(scene, round(len(track) / rate * FPS))
    )
    unfinished = path.with_name(f".{path.name}")
    speech = np.concatenate(tracks)
    write_video(
        unfinished,
        frames,
        fps=FPS,
        audio=speech,
        sample_rate=rate,
        options={"preset": "veryfast"},
    )
    unfinished.replace(path)


def _pan(scene: Scene, count: int) -> Iterator[NDArray[np.uint8]]:
    """`count` views (HEIGHT x WIDTH x 3 uint8) of a photograph, moving from top to bottom or back."""
    photo = Image.open(Path(data_dir) / scene.photo).convert("RGB")
    width = min(photo.width, photo.height * WIDTH / HEIGHT) * _ZOOM
    height = width * HEIGHT / WIDTH
    start, end = scene.pan
    for step in range(count):
        along = step / max(count - 1, 1)
        left = (photo.width - width) * along
        top = (photo.height - height) * (start + (end - start) * along)
        view = photo.resize(
            (WIDTH, HEIGHT), Image.Resampling.BICUBIC, (left, top, left + width, top + height)
        )
        yield np.asarray(view)
