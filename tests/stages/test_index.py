"""`index` itself: what needs nothing of one another is worked on at the same time, the rest in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest

from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.run import WORK
from gaze_pipeline.stages.work import OnProgress, Product
from gaze_pipeline.states import REQUIRES, Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.workspace import Workspace
from tests.support.roots import tiny_library

LONG_S = 60.0
SCHEMAS = {**schemas.FIXED, Stage.EMBEDDINGS: schemas.embeddings(8)}
WANTED = {Stage.AUDIO, Stage.TRANSCRIPT, Stage.FRAMES, Stage.EMBEDDINGS, Stage.DETECTIONS}


@dataclass
class Meeting:
    """A stage's work that finds nothing, and ends only when those it is to meet are at theirs too."""

    stage: Stage
    begun: list[Stage]
    others: threading.Barrier | None = None
    MODEL: Kind | None = field(default=None, init=False)

    def recipe(self, workspace: Workspace) -> Recipe:
        return Recipe("meeting")

    def make(self, fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
        self.begun.append(self.stage)
        if self.others is not None:
            self.others.wait(LONG_S)
        return Product(pa.Table.from_pylist([], schema=SCHEMAS[self.stage]))


def test_what_needs_nothing_of_one_another_runs_at_the_same_time(
    tmp_path: Path, open_workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = open_workspace(tiny_library(tmp_path / "films", 1))
    scan_libraries(workspace)
    begun: list[Stage] = []
    for pair in ((Stage.AUDIO, Stage.FRAMES), (Stage.EMBEDDINGS, Stage.DETECTIONS)):
        barrier = threading.Barrier(2)
        for stage in pair:
            monkeypatch.setitem(WORK, stage, Meeting(stage, begun, barrier))
    monkeypatch.setitem(WORK, Stage.TRANSCRIPT, Meeting(Stage.TRANSCRIPT, begun))
    outcomes = index(workspace, Watcher()).outcomes
    assert {outcome.stage for outcome in outcomes if outcome.code is None} == WANTED
    for stage in WANTED:
        before = REQUIRES[stage]
        assert before is None or begun.index(before) < begun.index(stage)
