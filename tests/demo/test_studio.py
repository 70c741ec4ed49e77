from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.demo import studio
from gaze_pipeline.demo.films import FILMS
from gaze_pipeline.demo.narrator import narrate
from gaze_pipeline.media.probe import probe
from gaze_pipeline.models.hub import Models
from gaze_pipeline.models.manifest import load_manifest
from gaze_pipeline.settings import ModelSettings
from tests.support.decode import decode_audio, sample_frames


def test_the_narrator_speaks_for_as_long_as_people_would() -> None:
    samples, rate = narrate("Ask not what your country can do for you.")
    assert samples.dtype == np.float32
    assert 1.5 < len(samples) / rate < 5
    assert 0.1 < float(np.abs(samples).max()) <= 1


def test_every_film_is_short_and_has_its_own_subject() -> None:
    assert len(FILMS) >= 6
    assert len({film.name for film in FILMS}) == len(FILMS)
    for film in FILMS:
        spoken = sum(len(samples) / rate for samples, rate in map(_speech, film.scenes))
        assert 20 <= spoken + 2 * studio._PAUSE_S * len(film.scenes) <= 60


def test_a_film_can_be_watched_and_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = next(film for film in FILMS if film.name == "house cat")
    short = replace(film.scenes[0], narration="This is a cat.")
    monkeypatch.setattr(studio, "FILMS", (replace(film, scenes=(short,)),))
    (path,) = studio.make_library(tmp_path)
    facts = probe(path)
    assert (facts.width, facts.height, facts.video_codec) == (854, 480, "h264")
    first, *_ = sample_frames(path)
    assert float(np.std(first.image)) > 20, "a photograph, not a blank"
    made = path.stat().st_mtime_ns
    assert list(studio.make_library(tmp_path)) == [path]
    assert path.stat().st_mtime_ns == made, "what is there is not made again"


@pytest.mark.real_models
def test_whisper_understands_the_narrator(real_whisper: ModelSettings, tmp_path: Path) -> None:
    film = next(film for film in FILMS if film.name == "commander")
    film = replace(film, scenes=film.scenes[:1])
    path = tmp_path / "commander.mp4"
    studio.make_film(film, path)
    assert real_whisper.directory is not None
    models = Models(load_manifest(real_whisper.manifest), real_whisper.directory, "cpu")
    heard = " ".join(s.text for s in models.whisper().transcribe(decode_audio(path).samples))
    for words in ("astronaut", "first woman", "space shuttle", "mathematics"):
        assert words in heard


def _speech(scene: studio.Scene) -> tuple[np.ndarray, int]:  # type: ignore[type-arg]
    return narrate(scene.narration)
