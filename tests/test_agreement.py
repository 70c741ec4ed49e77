"""The page, the command line and Dagster say the same of a video, whatever has happened to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from gaze_pipeline.channels import Channel
from gaze_pipeline.checks import STANDING, follow_standing, tally
from gaze_pipeline.commands.status import status
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.reconcile import unreported
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.requests import cancel
from gaze_pipeline.stages.run import WORK
from gaze_pipeline.states import RUNNING_STATE, Stage, State, Status
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.workspace import Workspace
from gaze_search_app.app_pages.library import WORDS
from gaze_search_app.library_view import rows
from tests.support.roots import root_variables
from tests.support.synthetic import Film, Line, SyntheticRoot

KEY = "a" * 16


def done(space: Workspace) -> None:
    """As the synthetic root left it."""


def queued(space: Workspace) -> None:
    for stage in Stage:
        space.catalog.stages.reset(KEY, stage)


def running(stage: Stage) -> Callable[[Workspace], None]:
    def run(space: Workspace) -> None:
        space.catalog.stages.start(KEY, stage)
        space.catalog.stages.progress(KEY, stage, 0.42)

    run.__name__ = f"running_{stage}"
    return run


def partial(space: Workspace) -> None:
    space.catalog.stages.settle(
        KEY, Stage.FRAMES, Status.PARTIAL, ErrorCode.FILE_DAMAGED, "it ends at 0:07"
    )


def failed(space: Workspace) -> None:
    space.catalog.stages.settle(KEY, Stage.FRAMES, Status.DONE)
    space.catalog.stages.reset(KEY, Stage.FRAMES)
    space.catalog.stages.settle(
        KEY, Stage.FRAMES, Status.FAILED, ErrorCode.CODEC_UNSUPPORTED, "av2"
    )


def retry_pending(space: Workspace) -> None:
    space.catalog.stages.start(KEY, Stage.AUDIO)
    space.catalog.stages.settle(KEY, Stage.AUDIO, Status.FAILED, ErrorCode.FILE_UNREADABLE, "EIO")


def disk_full(space: Workspace) -> None:
    space.catalog.stages.start(KEY, Stage.AUDIO)
    space.catalog.stages.settle(KEY, Stage.AUDIO, Status.FAILED, ErrorCode.DISK_FULL, "1 MiB free")


def waiting(space: Workspace) -> None:
    space.catalog.stages.reset(KEY, Stage.TRANSCRIPT)
    plan(space)


def cancelled(space: Workspace) -> None:
    space.catalog.stages.reset(KEY, Stage.DETECTIONS)
    video = space.catalog.videos.get(KEY)
    assert video is not None
    assert cancel(space, [video], [Stage.DETECTIONS]) == 1


def cancelling(space: Workspace) -> None:
    space.catalog.stages.start(KEY, Stage.DETECTIONS)
    space.catalog.requests.cancel({KEY: [Stage.DETECTIONS]})


@dataclass(frozen=True)
class Case:
    """What happened, and what all three must say: the state and words that are in every one of them."""

    happened: Callable[[Workspace], None]
    state: State
    words: tuple[str, ...] = ()
    counts: dict[Stage, Status] = field(default_factory=dict)


CASES = [
    Case(done, State.DONE),
    Case(queued, State.QUEUED, (), dict.fromkeys(Stage, Status.PENDING)),
    *(
        Case(running(stage), state, (), {stage: Status.RUNNING})
        for stage, state in RUNNING_STATE.items()
    ),
    Case(partial, State.PARTIAL, ("FILE_DAMAGED",), {Stage.FRAMES: Status.PARTIAL}),
    Case(failed, State.FAILED, ("CODEC_UNSUPPORTED",), {Stage.FRAMES: Status.FAILED}),
    Case(retry_pending, State.FAILED, ("FILE_UNREADABLE",), {Stage.AUDIO: Status.FAILED}),
    Case(disk_full, State.FAILED, ("DISK_FULL",), {Stage.AUDIO: Status.FAILED}),
    Case(
        waiting,
        State.WAITING,
        ("MODEL_MISSING", "gaze models pull whisper-base"),
        {Stage.TRANSCRIPT: Status.WAITING},
    ),
    Case(cancelled, State.CANCELLED, ("gaze retry",), {Stage.DETECTIONS: Status.CANCELLED}),
    Case(cancelling, State.DETECTING, (), {Stage.DETECTIONS: Status.RUNNING}),
]


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """One video with everything made, as today's recipes make it, by all channels."""
    for channel in Channel:
        monkeypatch.setenv(f"GAZE_CHANNELS__{channel.name}", "true")
    for name, value in root_variables(tmp_path / "data").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "400")
    film = tmp_path / "a.mp4"
    film.write_bytes(b"film")
    picture = np.full((1, 64), 1 / 8, np.float32)
    lines = [Line(0, 2000, "a line")]
    made = Film(KEY, lines, picture, path=film, meanings=picture, texts=())
    SyntheticRoot(tmp_path / "data").add(made)
    space = Workspace.open()
    stat = film.stat()
    space.catalog.files.record([FileRow(film, "films", stat.st_size, stat.st_mtime_ns, KEY)])
    for stage, work in WORK.items():
        space.catalog.stages.settle(KEY, stage, Status.DONE, recipe=work.recipe(space).key)
    return space


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.happened.__name__)
def test_all_three_say_the_same(
    case: Case, space: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    case.happened(space)
    statuses = dict.fromkeys(Stage, Status.DONE) | case.counts

    (row,) = rows(space.catalog)
    assert row.state is case.state
    assert {cell.stage: cell.status for cell in row.stages} == statuses
    page = " ".join([WORDS[row.state], str(row.problem and row.problem.name), row.remedy])

    status(as_json=True)
    (video,) = json.loads(capsys.readouterr().out)["videos"]
    assert video["state"] == case.state
    assert video["progress"] == pytest.approx(row.progress, abs=0.001)
    listed = {stage: entry["status"] for stage, entry in video["stages"].items()}
    assert dict.fromkeys(Stage, "pending") | listed == statuses
    status()
    table = capsys.readouterr().out
    assert case.state in table

    with dg.DagsterInstance.ephemeral() as instance:
        dagster, materialized = told(instance, space)
    assert materialized == {stage for stage, found in statuses.items() if found.settled}
    for stage, found in statuses.items():
        assert dagster[stage].metadata[found.value].value == 1
    what_to_do = [
        str(evaluation.metadata["what to do"].value)
        for evaluation in dagster.values()
        if "what to do" in evaluation.metadata
    ]
    hindered = {Status.FAILED, Status.WAITING, Status.CANCELLED} & set(statuses.values())
    assert bool(what_to_do) == bool(hindered)
    for words in case.words:
        assert words in page
        assert words in video["problem"]
        assert words in table
        assert words in "\n".join(what_to_do) or not hindered


def told(
    instance: dg.DagsterInstance, space: Workspace
) -> tuple[dict[Stage, dg.AssetCheckEvaluation], set[Stage]]:
    """What Dagster's records say after the sensors have looked: checks, and what is materialized."""
    context = dg.build_sensor_context(instance, resources={"workspace": WorkspaceResource()})
    result = follow_standing(context)
    assert isinstance(result, dg.SensorResult)
    for event in (*result.asset_events, *unreported(instance, space, [KEY], [])):
        instance.report_runless_asset_event(event)
    checks = {}
    for stage in Stage:
        key = dg.AssetCheckKey(dg.AssetKey(stage.value), STANDING)
        record = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)[0]
        assert record.event is not None
        assert record.event.dagster_event is not None
        checks[stage] = record.event.dagster_event.asset_check_evaluation_data
    made = {
        stage
        for stage in Stage
        if KEY in instance.get_materialized_partitions(dg.AssetKey(stage.value))
    }
    return checks, made


def test_a_next_try_is_told_on_the_page_and_on_the_command_line(
    space: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    disk_full(space)
    (row,) = rows(space.catalog)
    assert row.next_try == "It is tried again as soon as there is room."
    status()
    assert row.next_try in capsys.readouterr().out
    status(as_json=True)
    (video,) = json.loads(capsys.readouterr().out)["videos"]
    assert video["stages"]["audio"]["retry_at"] is not None


def test_only_what_has_changed_is_told_to_dagster(space: Workspace) -> None:
    cursor = None
    told = []
    for happened in (done, done, cancelled):
        happened(space)
        context = dg.build_sensor_context(
            dg.DagsterInstance.ephemeral(),
            cursor=cursor,
            resources={"workspace": WorkspaceResource()},
        )
        result = follow_standing(context)
        assert isinstance(result, dg.SensorResult)
        cursor = result.cursor
        told.append(sorted(event.asset_key.to_user_string() for event in result.asset_events))
    assert told == [sorted(Stage), [], ["detections"]]


def test_a_check_names_no_video(space: Workspace) -> None:
    failed(space)
    found = tally(Stage.FRAMES, space.catalog.videos.all())
    assert KEY not in str(found.metadata)
    assert not found.passed
