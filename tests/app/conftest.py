"""A data root with three films: one with a file that plays, one that only exists as rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.media.encode import write_video
from gaze_pipeline.store.snapshot import publish
from tests.support.synthetic import Film, Line, SyntheticRoot

SPEECH = [
    Line(0, 3000, "Ask not what your country can do for you"),
    Line(4000, 7000, "ask what you can do for your country"),
    Line(8000, 9500, "The spaceship <b>landed</b> & everyone cheered"),
]


def make_film(folder: Path) -> Path:
    """A real video of 4 s whose brightness grows."""
    path = folder / "films" / "Müller's film.mp4"
    path.parent.mkdir()
    frames = (np.full((48, 64, 3), 40 + shade, np.uint8) for shade in range(40))
    write_video(path, frames, fps=10)
    return path


def make_root(folder: Path, path: Path) -> SyntheticRoot:
    """The data root, published; its first film is the file at `path`."""
    made = SyntheticRoot(folder / "data")
    first = fingerprint(path)
    labels = {0: ["dog"], 1: ["dog", "person"], 2: ["person"]}
    made.add(Film(first, SPEECH, labels=labels, frames=5, path=path))
    made.add(Film("a" * 16, [Line(0, 2000, "a quiet country road")], labels={0: ["car"]}, frames=3))
    made.add(Film("b" * 16, [], frames=2, library="silent"))
    for index in range(5):
        thumbnail = made.workspace.paths.thumbnail(first, index)
        thumbnail.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 36), (40 * index, 90, 120)).save(thumbnail)
    publish(made.workspace)
    return made


@pytest.fixture
def clip_file(tmp_path: Path) -> Path:
    """The file of the film that has one."""
    return make_film(tmp_path)


@pytest.fixture
def film(clip_file: Path) -> str:
    """The fingerprint of that film."""
    return fingerprint(clip_file)


@pytest.fixture
def root(tmp_path: Path, clip_file: Path, monkeypatch: pytest.MonkeyPatch) -> SyntheticRoot:
    """The data root that GAZE_DATA names."""
    monkeypatch.setenv("GAZE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GAZE_MODELS", str(tmp_path / "no-models"))
    return make_root(tmp_path, clip_file)
