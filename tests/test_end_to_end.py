"""The main job on real input: real footage, real speech, the real Whisper, from folder to moment."""

from __future__ import annotations

import json
import re
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gaze_pipeline.media.encode import write_video
from gaze_pipeline.media.track import RATE
from gaze_pipeline.settings import ModelSettings
from tests.support.decode import decode_audio
from tests.support.gaze import Gaze

pytestmark = pytest.mark.real_models


@pytest.fixture(scope="module")
def gaze(
    media: Path, real_whisper: ModelSettings, tmp_path_factory: pytest.TempPathFactory
) -> Gaze:
    """All of the real footage, indexed in one go."""
    gaze = Gaze(tmp_path_factory.mktemp("end-to-end") / "data", real_whisper)
    gaze.run("library", "add", str(media / "video"), "--name", "real")
    gaze.run("index")
    return gaze


def best(gaze: Gaze, words: str, *options: str) -> dict[str, Any]:
    moments = gaze.json("search", words, "--mode", "transcript", *options)["moments"]
    assert moments, f"nothing found for {words!r}"
    return dict(moments[0])


def test_every_file_is_indexed(gaze: Gaze, media: Path) -> None:
    status = gaze.json("status")
    assert status["refused"] == []
    paths = {Path(path).name for video in status["videos"] for path in video["paths"]}
    assert paths == {path.name for path in (media / "video").iterdir()}
    assert {video["state"] for video in status["videos"]} == {"DONE"}


@pytest.mark.parametrize(
    ("words", "file", "around_ms"),
    [
        ("ask what you can do for your country", "dog_with_jfk_speech.mp4", 9000),
        ("fellow Americans", "dog_with_jfk_speech.mp4", 1500),
        ("the first great sorrow of his life", "football_with_librispeech.mp4", 2000),
        ("largest clean rooms in the world", "torchcodec_nasa_13013.mp4", 6000),
        ("Goddard Space Flight Center", "torchcodec_nasa_13013.mp4", 8000),
    ],
)
def test_spoken_words_are_found_where_they_are_said(
    gaze: Gaze, words: str, file: str, around_ms: int
) -> None:
    moment = best(gaze, words)
    assert Path(moment["path"]).name == file
    assert moment["start_ms"] - 2000 <= around_ms <= moment["end_ms"] + 2000
    assert moment["snippet"]
    assert moment["marks"]


def test_mandarin_is_found_by_its_characters(gaze: Gaze) -> None:
    video = next(
        video
        for video in gaze.json("status")["videos"]
        if video["paths"][0].endswith("cups_with_mandarin.mp4")
    )
    captions = gaze.run("captions", video["fingerprint"], "--format", "srt").stdout
    said = re.search("[\u4e00-\u9fff]{4,}", captions)
    assert said, captions
    moment = best(gaze, said[0][1:4])
    assert Path(moment["path"]).name == "cups_with_mandarin.mp4"


def test_both_languages_of_one_file_are_found(
    media: Path, real_whisper: ModelSettings, tmp_path: Path
) -> None:
    (tmp_path / "films").mkdir()
    speech = decode_audio(media / "audio" / "fw_multilingual.mp3").samples
    still = np.full((90, 160, 3), 128, dtype=np.uint8)
    seconds = len(speech) // RATE
    write_video(tmp_path / "films" / "licence.mp4", repeat(still, seconds), fps=1, audio=speech)
    gaze = Gaze(tmp_path / "data", real_whisper)
    gaze.run("library", "add", str(tmp_path / "films"))
    gaze.run("index")
    assert best(gaze, "permission is hereby granted")["start_ms"] < 15_000
    assert best(gaze, "Jedem, der diese Software")["end_ms"] > 28_000


def test_every_answer_says_what_it_covers(gaze: Gaze) -> None:
    coverage = gaze.json("search", "country")["coverage"]
    assert coverage["transcript"]["videos"] == coverage["transcript"]["videos_total"]
    assert coverage["visual"]["searched"]
    assert coverage["transcript"]["unsearched"] == []


def test_indexing_again_does_nothing(gaze: Gaze) -> None:
    assert "0 stages run now" in gaze.run("index").stdout


def test_captions_of_real_speech_are_valid(gaze: Gaze, media: Path, tmp_path: Path) -> None:
    import webvtt

    video = str(media / "video" / "dog_with_jfk_speech.mp4")
    (tmp_path / "jfk.vtt").write_text(gaze.run("captions", video, "--format", "vtt").stdout)
    captions = webvtt.read(str(tmp_path / "jfk.vtt"))
    assert "country" in " ".join(caption.text for caption in captions)
    assert json.dumps(captions[0].start)
