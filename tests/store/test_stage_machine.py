"""The catalog's stages against a simple model of them, with several processes that live and die."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Event, Stage, Status, follows
from gaze_pipeline.store.catalog import Catalog, stage_table, stages
from gaze_pipeline.store.catalog.backoff import (
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    MAX_ATTEMPTS,
    OUTSIDE,
    RAREST_S,
)
from gaze_pipeline.store.catalog.processes import Process
from gaze_pipeline.store.catalog.rows import FileRow, StageRow
from gaze_pipeline.store.catalog.stages import Answer

VIDEOS = ("a" * 16, "b" * 16)
STAGES = (Stage.AUDIO, Stage.FRAMES)
KEYS = [(video, stage) for video in VIDEOS for stage in STAGES]
PIDS = (1, 2, 3)
CODES = (
    ErrorCode.FILE_DAMAGED,  # cannot pass
    ErrorCode.OUT_OF_MEMORY,  # can pass, uses up attempts
    ErrorCode.DISK_FULL,  # can pass, says nothing of the video
)

keys = st.sampled_from(KEYS)
pids = st.sampled_from(PIDS)


@dataclass
class Model:
    """What one stage should be."""

    status: Status = Status.PENDING
    owner: Process | None = None
    attempt: int = 0
    failures: int = 0
    retry_after: float | None = None
    code: ErrorCode | None = None
    cancelling: bool = False
    cancelled_at: float = 0.0
    history: list[Status] = field(default_factory=list)

    def become(self, status: Status, code: ErrorCode | None = None) -> None:
        self.status, self.code = status, code
        self.owner, self.retry_after, self.cancelling = None, None, False


class StageMachine(RuleBasedStateMachine):
    """Processes take up stages, report, end and die; people cancel and retry; time passes."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.catalog = Catalog(self.folder / "catalog.sqlite")
        for video in VIDEOS:
            self.catalog.videos.add(video, 1000)
            self.catalog.files.record([FileRow(Path(f"/{video}"), "films", 1, 1, video)])
        self.now = 1_000_000.0
        self.living = {pid: Process(pid, 100.0 * pid) for pid in PIDS}
        self.me = self.living[PIDS[0]]
        self.model = {key: Model() for key in KEYS}
        self.patches = [
            mock.patch.object(stage_table, "this_process", self._this_process),
            mock.patch.object(stages, "this_process", self._this_process),
            mock.patch.object(stage_table, "alive", self._alive),
            mock.patch("time.time", self._time),
        ]
        for patch in self.patches:
            patch.start()

    def teardown(self) -> None:
        for patch in getattr(self, "patches", []):
            patch.stop()
        shutil.rmtree(getattr(self, "folder", "/nonexistent"), ignore_errors=True)

    def _this_process(self) -> Process:
        return self.me

    def _time(self) -> float:
        return self.now

    def _alive(self, pid: int | None, started: float | None) -> bool:
        return pid is not None and self.living[pid] == (pid, started)

    def _as(self, pid: int) -> None:
        self.me = self.living[pid]
        self.now += 1.0

    def _lives(self, process: Process | None) -> bool:
        return process in self.living.values()

    def _taken(self, model: Model) -> bool:
        return model.status is Status.RUNNING and (
            model.owner != self.me and self._lives(model.owner)
        )

    @rule(key=keys, pid=pids, asked_ago=st.sampled_from([0.0, 5.0, 100.0]))
    def start(self, key: tuple[str, Stage], pid: int, asked_ago: float) -> None:
        self._as(pid)
        model, asked_at = self.model[key], self.now - asked_ago
        answer = self.catalog.stages.start(*key, asked_at)
        cancelled = model.status is Status.CANCELLED or model.cancelling
        if self._taken(model):
            assert answer is Answer.TAKEN
        elif cancelled and model.cancelled_at > asked_at:
            assert answer is Answer.CANCELLED
        else:
            assert answer is Answer.YOURS
            model.become(Status.RUNNING)
            model.owner = self.me
            model.attempt += 1

    @rule(key=keys, pid=pids)
    def report(self, key: tuple[str, Stage], pid: int) -> None:
        self._as(pid)
        model = self.model[key]
        mine = model.status is Status.RUNNING and model.owner == self.me
        assert self.catalog.stages.progress(*key, 0.5) == (mine and not model.cancelling)

    @rule(key=keys, pid=pids, whole=st.booleans())
    def finish(self, key: tuple[str, Stage], pid: int, whole: bool) -> None:
        self._as(pid)
        status = Status.DONE if whole else Status.PARTIAL
        code = None if whole else ErrorCode.FILE_DAMAGED
        assert self.catalog.stages.settle(*key, status, code)
        model = self.model[key]
        model.become(status, code)
        model.attempt = model.failures = 0

    @rule(key=keys, pid=pids, code=st.sampled_from(CODES))
    def fail(self, key: tuple[str, Stage], pid: int, code: ErrorCode) -> None:
        self._as(pid)
        model = self.model[key]
        applies = not self._taken(model) and follows(model.status, Event.FAIL, Status.FAILED)
        assert self.catalog.stages.settle(*key, Status.FAILED, code) == applies
        if applies:
            self._used(model, outside=code in OUTSIDE)
            model.become(Status.FAILED, code)
            if code.retryable and (code in OUTSIDE or model.attempt < MAX_ATTEMPTS):
                doubled = FIRST_WAIT_S * 2 ** max(model.failures - 1, 0)
                model.retry_after = self.now + min(doubled, LONGEST_WAIT_S)

    @rule(key=keys, pid=pids)
    def lack(self, key: tuple[str, Stage], pid: int) -> None:
        self._as(pid)
        model = self.model[key]
        applies = not self._taken(model) and model.status is not Status.CANCELLED
        code = ErrorCode.MODEL_MISSING
        assert self.catalog.stages.settle(*key, Status.WAITING, code, "whisper-1") == applies
        if applies:
            self._used(model, outside=True)
            model.become(Status.WAITING, code)

    def _used(self, model: Model, outside: bool) -> None:
        if model.status is Status.RUNNING:
            model.failures += 1
            model.attempt -= outside

    @rule(key=keys, pid=pids)
    def give_up(self, key: tuple[str, Stage], pid: int) -> None:
        self._as(pid)
        model = self.model[key]
        self.catalog.stages.release(*key)
        if model.status is Status.RUNNING and model.owner == self.me:
            self._let_go(model, blamed=False)

    @rule(pid=pids)
    def die(self, pid: int) -> None:
        """A process dies, and its id is given to another."""
        if self.living[pid] != self.me:
            self.now += 10.0
            self.living[pid] = Process(pid, self.now)

    @rule(blamed=st.booleans())
    def find_the_dead(self, blamed: bool) -> None:
        self.now += 1.0
        dead = [
            model
            for model in self.model.values()
            if model.status is Status.RUNNING
            and model.owner != self.me
            and not self._lives(model.owner)
        ]
        assert self.catalog.stages.release_dead(blamed) == len(dead)
        for model in dead:
            self._let_go(model, blamed)

    def _let_go(self, model: Model, blamed: bool) -> None:
        if model.cancelling:
            model.become(Status.CANCELLED, ErrorCode.CANCELLED)
            model.attempt = model.failures = 0
            model.cancelled_at = self.now
        elif blamed and model.attempt >= MAX_ATTEMPTS:
            model.become(Status.FAILED, ErrorCode.PROCESS_DIED)
            doubled = LONGEST_WAIT_S * 2 ** (model.attempt - MAX_ATTEMPTS)
            model.retry_after = self.now + min(doubled, RAREST_S)
        else:
            model.become(Status.PENDING)
            model.attempt -= not blamed

    @rule(chosen=st.sets(keys, min_size=1), ago=st.sampled_from([0.0, 3.0]))
    def cancel(self, chosen: set[tuple[str, Stage]], ago: float) -> None:
        self.now += 10.0
        at = self.now - ago
        self.catalog.requests.cancel(_by_video(chosen), at)
        for key in chosen:
            model = self.model[key]
            if model.status is Status.CANCELLED:
                continue
            model.cancelled_at = at
            if model.status is Status.RUNNING and self._lives(model.owner):
                model.cancelling = True
            else:
                model.become(Status.CANCELLED, ErrorCode.CANCELLED)
                model.attempt = model.failures = 0

    @rule(chosen=st.sets(keys, min_size=1))
    def retry(self, chosen: set[tuple[str, Stage]]) -> None:
        self.now += 1.0
        self.catalog.requests.retry(_by_video(chosen))
        for key in chosen:
            model = self.model[key]
            if model.cancelling:
                model.cancelling = False
            elif model.status in (Status.FAILED, Status.CANCELLED):
                model.become(Status.PENDING)
                model.attempt = model.failures = 0

    @rule(key=keys)
    def lose(self, key: tuple[str, Stage]) -> None:
        self.now += 1.0
        self.catalog.stages.reset(*key)
        model = self.model[key]
        if model.status is not Status.RUNNING:
            model.become(Status.PENDING)
            model.attempt = model.failures = 0

    @invariant()
    def the_catalog_is_as_the_model(self) -> None:
        if not hasattr(self, "model"):
            return
        for video in self.catalog.videos.all():
            for stage in STAGES:
                row, model = video.stage(stage), self.model[video.fingerprint, stage]
                assert _seen(row) == (
                    model.status,
                    model.code,
                    model.owner,
                    model.cancelling,
                    model.attempt,
                    model.failures,
                    model.retry_after,
                )
                assert (row.progress == 1.0) == row.status.settled


def _seen(row: StageRow) -> tuple[object, ...]:
    return (
        row.status,
        row.error_code,
        row.process,
        row.cancel_asked_at is not None,
        row.attempt,
        row.failures,
        row.retry_at,
    )


def _by_video(chosen: set[tuple[str, Stage]]) -> dict[str, list[Stage]]:
    found: dict[str, list[Stage]] = {}
    for video, stage in sorted(chosen):
        found.setdefault(video, []).append(stage)
    return found


TestStageMachine = StageMachine.TestCase
TestStageMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
