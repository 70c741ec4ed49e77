"""Work of a model is left at once when it is cancelled, also in the midst of a native call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.settings import ModelSettings
from gaze_pipeline.stages.background import in_background
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.stages.requests import cancel
from gaze_pipeline.stages.run import WORK, run_stage
from gaze_pipeline.stages.work import OnProgress, Product
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.workspace import Workspace
from tests.support.roots import tiny_library

LONG_S = 60.0


class Stop(BaseException):
    """As a signal's handler raises it."""


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What the long calls of a test wait for; they end with it."""
    event = threading.Event()
    yield event
    event.set()


def test_the_result_and_the_failure_come_through() -> None:
    told: list[float] = []
    assert in_background(lambda on_progress: "done", told.append) == "done"
    with pytest.raises(TimeoutError, match="its own"):
        in_background(_fail, told.append)


def _fail(on_progress: OnProgress) -> None:
    raise TimeoutError("its own")


def test_progress_is_passed_on_while_nothing_moves() -> None:
    told: list[float] = []

    def work(on_progress: OnProgress) -> None:
        on_progress(0.25)
        while len(told) < 4:
            time.sleep(0.05)

    in_background(work, told.append)
    assert set(told) <= {0.0, 0.25}
    assert told[-1] == 0.25


def test_an_interruption_ends_the_wait_at_once(released: threading.Event) -> None:
    after: list[str] = []

    def work(on_progress: OnProgress) -> None:
        released.wait(LONG_S)
        on_progress(1.0)
        after.append("went on")

    def interrupt(fraction: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        in_background(work, interrupt)
    assert not released.is_set()
    released.set()
    assert in_background(lambda on_progress: "next", lambda fraction: None) == "next"
    assert after == [], "it gives up at its next report"


def test_a_cancelled_video_is_left_and_the_next_goes_on(
    tmp_path: Path,
    open_workspace: Callable[..., Workspace],
    test_models: ModelSettings,
    monkeypatch: pytest.MonkeyPatch,
    released: threading.Event,
) -> None:
    workspace = open_workspace(tiny_library(tmp_path / "films", 2), models=test_models)
    scan_libraries(workspace)
    first, second = plan(workspace)

    class Slow:
        MODEL: Kind | None = "clip"

        def recipe(self, workspace: Workspace) -> Recipe:
            return Recipe("slow")

        def make(self, fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
            if fingerprint == first:
                video = workspace.catalog.videos.get(first)
                assert video is not None
                cancel(workspace, [video], [Stage.DETECTIONS])
                released.wait(5.0)
            return Product(pa.Table.from_pylist([], schema=schemas.DETECTIONS))

    list(run_stage(Stage.FRAMES, [first, second], workspace))
    monkeypatch.setitem(WORK, Stage.DETECTIONS, Slow())
    outcomes = list(run_stage(Stage.DETECTIONS, [first, second], workspace))
    assert [outcome.status for outcome in outcomes] == [Status.CANCELLED, Status.DONE]
    assert workspace.artifacts.info(first, Stage.DETECTIONS) is None
    video = workspace.catalog.videos.get(first)
    assert video is not None
    assert video.stages[Stage.DETECTIONS].status is Status.CANCELLED
