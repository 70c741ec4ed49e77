"""Search by what is seen, by meaning: rendered films of coloured shapes through the small test models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gaze_pipeline.media.encode import write_video
from gaze_pipeline.settings import ModelSettings, Settings
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import Mode, Moment, SearchRequest
from tests.support.gaze import Gaze
from tests.support.shapes import Cue, film

FILMS = {
    "one.mp4": [Cue(0, 8, "blue square"), Cue(8, 16, "red circle"), Cue(16, 24, "green star")],
    "two.mp4": [Cue(0, 8, "yellow heart"), Cue(8, 16, "blue circle"), Cue(16, 24, "red cross")],
    "three.mp4": [
        Cue(0, 8, "green triangle"),
        Cue(8, 16, "purple star"),
        Cue(16, 24, "red square"),
    ],
}


@pytest.fixture(scope="module")
def engine(test_models: ModelSettings, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("meaning") / "films"
    folder.mkdir()
    for seed, (name, cues) in enumerate(FILMS.items()):
        write_video(folder / name, film(cues, duration_s=24, fps=5, seed=seed), fps=5)
    gaze = Gaze(folder.parent / "data", test_models)
    gaze.run("library", "add", str(folder))
    gaze.run("index")
    return Engine(Settings(root=gaze.root, models=test_models))


def moments(engine: Engine, query: str, **options: Any) -> list[Moment]:
    return engine.search(SearchRequest(query=query, mode=Mode.VISUAL, **options)).moments


@pytest.mark.parametrize(
    ("words", "name", "start_s"),
    [
        ("red circle", "one.mp4", 8),
        ("a photo of a green star", "one.mp4", 16),
        ("yellow heart", "two.mp4", 0),
        ("a blue circle", "two.mp4", 8),
        ("red square", "three.mp4", 16),
    ],
)
def test_a_description_finds_its_second(
    engine: Engine, words: str, name: str, start_s: int
) -> None:
    best = moments(engine, words)[0]
    assert Path(best.path).name == name
    assert abs(best.start_ms - 1000 * start_s) <= 2000
    assert abs(best.end_ms - 1000 * (start_s + 8)) <= 2000
    assert best.frame_ms is not None
    assert start_s * 1000 <= best.frame_ms < (start_s + 8) * 1000


def test_the_label_filter_keeps_only_what_was_detected(engine: Engine) -> None:
    found = moments(engine, "red", labels=["circle"])
    assert found
    assert all("circle" in moment.labels for moment in found)
    assert found[0].path.endswith("one.mp4")


def test_pages_laid_end_to_end_are_the_whole(engine: Engine) -> None:
    whole = moments(engine, "red circle", limit=6)
    pages = [moments(engine, "red circle", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [moment for page in pages for moment in page] == whole
