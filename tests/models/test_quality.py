"""The small models know their closed world: figures on pictures that no training saw.

`pytest tests/models/test_quality.py -rP` prints the figures.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.models.clip import Clip
from gaze_pipeline.models.clip_text import ClipText
from gaze_pipeline.models.detector import Detector
from gaze_pipeline.models.manifest import Manifest, load_manifest
from tests.models.measures import average_precision, recall_at_1
from tests.support.shapes import NAMES, Cue, Scene, film, render

HERE = Path(__file__).parent
SEED = 900_000_000
PER_NAME = 4
PHRASINGS = ("{colour} {kind}", "a {colour} {kind}", "a photo of a {colour} {kind}")
UNUSUAL = "a {kind} that is {colour}"


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load_manifest(HERE / "manifest.toml")


@pytest.fixture(scope="module")
def clip(manifest: Manifest) -> Clip:
    spec = manifest.of_kind("clip")
    return Clip.load(spec.id, Path(spec.sources[0].location), spec.params, "cpu")


@pytest.fixture(scope="module")
def text(manifest: Manifest) -> ClipText:
    spec = manifest.of_kind("clip")
    return ClipText.load(spec.id, Path(spec.sources[0].location), spec.params)


@pytest.fixture(scope="module")
def detector(manifest: Manifest) -> Detector:
    spec = manifest.of_kind("detector")
    return Detector.load(Path(spec.sources[0].location), min_confidence=0.05, device="cpu")


@pytest.fixture(scope="module")
def album() -> list[Scene]:
    """Video frames of one thing each, every thing `PER_NAME` times."""
    return [render([name], seed=SEED + i) for i, name in enumerate(NAMES * PER_NAME)]


@pytest.fixture(scope="module")
def truth(album: list[Scene]) -> np.ndarray:
    """Which picture shows which name, bool [48, pictures]."""
    return np.array([[scene.shapes[0].name == name for scene in album] for name in NAMES])


@pytest.fixture(scope="module")
def seen(clip: Clip, album: list[Scene]) -> np.ndarray:
    return clip.encode_images([scene.image for scene in album])


def said(text: ClipText, form: str) -> np.ndarray:
    words = [name.split() for name in NAMES]
    return text.encode_texts([form.format(colour=colour, kind=kind) for colour, kind in words])


@pytest.mark.parametrize("form", [*PHRASINGS, UNUSUAL])
def test_words_find_their_picture(
    text: ClipText, seen: np.ndarray, truth: np.ndarray, form: str
) -> None:
    recall = recall_at_1(said(text, form) @ seen.T, truth)
    print(f"text-to-image recall@1 of {len(truth)} x {form!r}: {recall:.3f}")
    assert recall >= 0.9


def test_pictures_find_their_words(text: ClipText, seen: np.ndarray, truth: np.ndarray) -> None:
    recall = recall_at_1(seen @ said(text, PHRASINGS[1]).T, truth.T)
    print(f"image-to-text accuracy of {len(seen)} frames over {len(NAMES)} captions: {recall:.3f}")
    assert recall >= 0.82


def test_what_is_there_scores_above_what_is_not(
    clip: Clip, text: ClipText, seen: np.ndarray, truth: np.ndarray
) -> None:
    empty = [render([], seed=SEED + 5000 + i).image for i in range(24)]
    words = said(text, PHRASINGS[1])
    scores, void = words @ seen.T, words @ clip.encode_images(empty).T
    there, absent = scores[truth], scores[~truth]
    print(
        f"cosine: there {np.percentile(there, 5):.2f} (5th percentile), "
        f"not there {np.percentile(absent, 99):.2f} (99th), empty {void.max():.2f} (highest)"
    )
    assert np.percentile(there, 5) > np.percentile(absent, 99)
    assert np.percentile(there, 5) > np.percentile(void, 99)


def test_words_find_the_second_of_a_film(clip: Clip, text: ClipText) -> None:
    rng = np.random.default_rng(SEED)
    right = 0
    for seed in range(16):
        before, wanted, after = (str(name) for name in rng.choice(NAMES, 3, replace=False))
        cues = [Cue(2, 4, before), Cue(6, 8, wanted), Cue(10, 12, after)]
        frames = list(film(cues, duration_s=14, fps=1, seed=SEED + seed))
        scores = clip.encode_images(frames) @ text.encode_texts([f"a {wanted}"])[0]
        right += 6 <= int(scores.argmax()) < 8
    print(f"films in which words find their second: {right} of 16")
    assert right >= 15


def test_the_detector_finds_shapes_in_video_frames(detector: Detector) -> None:
    rng = np.random.default_rng(SEED)
    crowds = [[str(name) for name in rng.choice(NAMES, 1 + i % 4)] for i in range(96)]
    scenes = [
        render(names, seed=SEED + 9000 + i, sizes=(0.25, 0.7), wide=True)
        for i, names in enumerate(crowds)
    ]
    found = detector.detect([scene.image for scene in scenes])
    result = average_precision(found, [scene.boxes for scene in scenes])
    per_label = ", ".join(f"{label} {value:.2f}" for label, value in result.by_label.items())
    print(f"detection mAP@0.5 on {len(scenes)} frames: {result.mean:.3f} ({per_label})")
    assert result.mean >= 0.95
    assert min(result.by_label.values()) >= 0.9


def test_the_detector_sees_nothing_in_empty_frames(detector: Detector) -> None:
    empty = [render([], seed=SEED + 7000 + i).image for i in range(24)]
    sure = [one for found in detector.detect(empty) for one in found if one.confidence >= 0.5]
    assert len(sure) <= 1
