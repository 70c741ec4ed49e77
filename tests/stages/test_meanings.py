"""The stage that tells what each line means: its vectors, what it waits for, what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.settings import ChannelSettings, ModelSettings
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.run import WORK, run_stage
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.store.contract import violations
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace
from tests.support.every_model import sentence_manifest
from tests.support.sentences import WIDTH
from tests.support.synthetic import Film, Line, SyntheticRoot

A, B = "a" * 16, "b" * 16
SPEECH = ChannelSettings(pictures=False, labels=False, text=False)
LINES = [
    Line(0, 2000, "we afford the rent"), Line(2200, 4000, "money for the rent"),
    Line(4100, 5000, "we the"), Line(60_000, 62_000, "something else"),
]  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A library as it was indexed before there was meaning: all is done but that."""
    manifest = sentence_manifest(tmp_path)
    root = SyntheticRoot(tmp_path / "data")
    models = ModelSettings(directory=tmp_path / "models", manifest=manifest)
    settings = root.settings.model_copy(update={"channels": SPEECH, "models": models})
    space = Workspace(settings)
    root.add(Film(A, LINES))
    root.add(Film(B, []))
    for key in (A, B):
        for stage in (Stage.AUDIO, Stage.TRANSCRIPT, Stage.FRAMES):
            recipe = WORK[stage].recipe(space)
            table = space.artifacts.read(key, stage)
            space.artifacts.write(key, stage, table, recipe)
            space.catalog.stages.settle(key, stage, Status.DONE, recipe=recipe.key)
    return space


def install(workspace: Workspace) -> None:
    from gaze_pipeline.models.fetch import pull

    pull(workspace.models.spec("sentence"), workspace.settings.models_dir)


def video(workspace: Workspace, key: str = A) -> VideoRow:
    found = workspace.catalog.videos.get(key)
    assert found is not None
    return found


def test_every_line_gets_a_unit_vector(workspace: Workspace) -> None:
    install(workspace)
    outcomes = list(run_stage(Stage.MEANINGS, [A, B], workspace))
    assert [(outcome.status, outcome.rows) for outcome in outcomes] == [
        (Status.DONE, 4),
        (Status.DONE, 0),
    ]
    table = workspace.artifacts.read(A, Stage.MEANINGS)
    assert table["segment_index"].to_pylist() == [0, 1, 2, 3]
    assert table["start_ms"].to_pylist() == [line.start_ms for line in LINES]
    vectors = np.stack([np.asarray(row, np.float32) for row in table["vector"].to_pylist()])
    assert vectors.shape == (4, WIDTH)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=2e-3)
    assert violations(workspace.artifacts, A, Stage.MEANINGS) == []
    (again,) = run_stage(Stage.MEANINGS, [A], workspace)
    assert again.skipped


def test_neighbours_colour_a_line_unless_a_silence_lies_between(workspace: Workspace) -> None:
    install(workspace)
    list(run_stage(Stage.MEANINGS, [A], workspace))
    encoder = workspace.models.sentence_encoder()
    alone = encoder.encode_lines([line.text for line in LINES])
    table = workspace.artifacts.read(A, Stage.MEANINGS)["vector"].to_pylist()
    cosines = (alone * np.asarray(table, np.float32)).sum(axis=1)
    assert cosines[3] > 0.999
    assert (cosines[:3] < 0.999).all()


def test_an_older_library_only_waits_for_meaning(workspace: Workspace) -> None:
    assert video(workspace).state is State.QUEUED
    assert plan(workspace) == {}
    row = video(workspace).stage(Stage.MEANINGS)
    assert (row.status, row.error_code) == (Status.WAITING, ErrorCode.MODEL_MISSING)
    assert video(workspace).state is State.WAITING
    assert publish(workspace).segments == 4, "its words are found all the same"


def test_a_backfill_makes_nothing_else_again(workspace: Workspace) -> None:
    folder = workspace.paths.video(A)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    install(workspace)
    ready = Workspace(workspace.settings)
    assert plan(ready) == {A: [Stage.MEANINGS], B: [Stage.MEANINGS]}
    index(ready, Watcher())
    assert {video(ready, key).state for key in (A, B)} == {State.DONE}
    assert {path: path.stat().st_mtime_ns for path in before} == before
    info = publish(ready)
    assert (info.meanings, info.sentence_model) == (4, "tiny-sentences")


def test_another_transcript_is_understood_anew(workspace: Workspace) -> None:
    install(workspace)
    list(run_stage(Stage.MEANINGS, [A, B], workspace))
    german = workspace.settings.transcript.model_copy(update={"language": "de"})
    changed = Workspace(workspace.settings.model_copy(update={"transcript": german}))
    assert WORK[Stage.MEANINGS].recipe(changed).key != WORK[Stage.MEANINGS].recipe(workspace).key
