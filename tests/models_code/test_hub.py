from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.hub import Models
from gaze_pipeline.models.importing import import_from
from gaze_pipeline.models.installed import ModelState
from gaze_pipeline.models.manifest import Manifest
from tests.models_code import pinned
from tests.models_code.toys import save_clip, save_detector


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    save_clip(folder / "clip")
    save_detector(folder / "detector", classes=3)
    facts = {"labels": ["background", "circle", "star"]}
    (folder / "detector" / "detector.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture(scope="module")
def toys(shelf: Path) -> Manifest:
    return pinned.manifest(
        *(
            pinned.spec(
                pinned.source({path.name: path.read_bytes() for path in (shelf / kind).iterdir()}),
                id=f"toy-{kind}",
                kind=kind,
            )
            for kind in ("clip", "detector")
        )
    )


def test_a_missing_model_is_there_once_it_was_imported(
    toys: Manifest, shelf: Path, tmp_path: Path
) -> None:
    models = Models(toys, tmp_path, "cpu")
    with pytest.raises(GazeError) as caught:
        models.clip()
    assert caught.value.code is ErrorCode.MODEL_MISSING
    assert caught.value.subject == "toy-clip"

    import_from(shelf, toys, tmp_path)

    assert {entry.state for entry in models.status()} == {ModelState.READY}
    assert models.clip().model_id == "toy-clip"
    assert models.detector().labels == ("circle", "star")


def test_each_model_loads_once_for_all_threads(toys: Manifest, shelf: Path, tmp_path: Path) -> None:
    import_from(shelf, toys, tmp_path)
    models = Models(toys, tmp_path, "cpu", threads=1)

    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(lambda _: models.clip(), range(8)))

    assert len({id(clip) for clip in loaded}) == 1
