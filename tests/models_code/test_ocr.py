"""The reader of text in pictures: four scripts, at the sizes at which text is met."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.lookalikes import ambiguous, twins, unmixed
from gaze_pipeline.models.ocr import TextReader
from gaze_pipeline.models.scripts import script_of
from tests.support.slides import slide, slides


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader.load()


@pytest.mark.parametrize("name", [one.name for one in slides()])
def test_a_slide_is_read_to_the_letter(reader: TextReader, name: str) -> None:
    read = reader.read(slide(name).picture)
    wanted = ["".join(line.split()).casefold() for line in slide(name).lines]
    assert ["".join(line.text.split()).casefold() for line in read] == wanted
    assert min(line.confidence for line in read) > 0.8


@pytest.mark.parametrize(
    ("scrap", "plate"),
    [(slice(147, 185), "KA-01-HH-1234"), (slice(47, 381), "КА-01-НН-1234")],
    ids=["a letter", "a line"],
)
def test_words_of_either_script_are_cyrillic_beside_a_line_that_is(
    reader: TextReader, scrap: slice, plate: str
) -> None:
    picture = slide("plates").picture.copy()
    cyrillic = slide("cyrillic-2").picture[128:198, scrap]
    picture[400:470, 500 : 500 + cyrillic.shape[1]] = cyrillic
    assert plate in [line.text for line in reader.read(picture)]


@pytest.mark.parametrize("name", ["latin-1", "cyrillic-1", "chinese-1", "japanese-1"])
def test_small_text_is_found_at_a_glance(reader: TextReader, name: str) -> None:
    small = Image.fromarray(slide(name).picture).resize((480, 270), Image.Resampling.BOX)
    canvas = np.full((540, 960, 3), 250, np.uint8)
    canvas[:270, :480] = np.asarray(small)
    assert len(reader.find(canvas)) >= 3


def test_a_word_is_read_where_a_glance_found_it(reader: TextReader) -> None:
    picture = np.full((288, 512, 3), 90, np.uint8)
    plate = Image.fromarray(slide("plates").picture[236:316, 40:330])
    picture[100:180, 200:490] = np.asarray(plate)
    (spot,) = reader.find(picture)
    assert spot.is_line
    (line,) = reader.read_at(picture, [spot])
    assert line.text == "7XYZ890"
    assert line.box.overlap(spot.box) > 0.99


def test_nothing_is_read_where_nothing_is_written(reader: TextReader) -> None:
    assert reader.find(np.full((288, 512, 3), 90, np.uint8)) == []
    assert reader.read(np.full((288, 512, 3), 90, np.uint8)) == []


def test_models_that_are_gone_are_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import rapidocr

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(rapidocr, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(GazeError) as refusal:
        TextReader.load()
    assert refusal.value.code is ErrorCode.MODEL_CORRUPT


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Exit", "Latn"),
        ("Выход", "Cyrl"),
        ("出口", "Hani"),
        ("出口はこちら", "Jpan"),
        ("カタカナ", "Jpan"),
        ("12:30", "Zyyy"),
        ("Python для всех", "Cyrl"),
    ],
)
def test_scripts_are_told_by_letters(text: str, script: str) -> None:
    assert script_of(text) == script


def test_words_of_either_script_are_known_in_both() -> None:
    assert twins("MOCKBA Hello A123BC77") == "МОСКВА А123ВС77"
    assert twins("Привет") == ""
    assert ambiguous("MOCKBA 2026")
    assert not ambiguous("Hello")
    assert not ambiguous("2026")
    assert unmixed("КIОСКЕР ABC") == "КІОСКЕР ABC"
