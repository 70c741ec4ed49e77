"""Running one stage over many videos: skip what is there, write down how each stands, never stop for one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.stages import audio, detections, embeddings, frames, meanings, texts, transcript
from gaze_pipeline.stages.background import in_background
from gaze_pipeline.stages.heartbeat import Heartbeat, OnVideoProgress
from gaze_pipeline.stages.work import StageWork
from gaze_pipeline.states import REQUIRES, Stage, Status
from gaze_pipeline.store.catalog.stages import Answer
from gaze_pipeline.store.room import require_room
from gaze_pipeline.workspace import Workspace

WORK: dict[Stage, StageWork] = {
    Stage.AUDIO: audio,
    Stage.TRANSCRIPT: transcript,
    Stage.MEANINGS: meanings,
    Stage.FRAMES: frames,
    Stage.EMBEDDINGS: embeddings,
    Stage.DETECTIONS: detections,
    Stage.TEXTS: texts,
}
NOT_MADE = {
    ErrorCode.MODEL_MISSING: Status.WAITING,
    ErrorCode.MODEL_CORRUPT: Status.WAITING,
    ErrorCode.CANCELLED: Status.CANCELLED,
}
"""How a stage stands that was not made; FAILED for all other codes."""

AWAIT_S = 0.5


@dataclass(frozen=True)
class Outcome:
    """How a stage of one video ended; `skipped` when a matching artifact was already there."""

    fingerprint: str
    stage: Stage
    status: Status
    rows: int = 0
    seconds: float = 0.0
    skipped: bool = False
    code: ErrorCode | None = None
    detail: str = ""


def run_stage(
    stage: Stage,
    fingerprints: Sequence[str],
    workspace: Workspace,
    on_progress: OnVideoProgress | None = None,
    asked_at: float | None = None,
) -> Iterator[Outcome]:
    """Bring one stage of each video up to date, one after the other.

    A failure settles its own video and the next goes on. What was cancelled after `asked_at` (seconds
    since the epoch, by default when this began) is left alone. When the caller is interrupted, the stage
    at hand is pending again and what was finished stays. A stage that another process is at is awaited.
    """
    asked_at = time.time() if asked_at is None else asked_at
    for fingerprint in fingerprints:
        report = Heartbeat(fingerprint, stage, workspace, on_progress)
        try:
            outcome = _settled(_outcome(stage, fingerprint, workspace, report, asked_at), workspace)
        except BaseException:
            workspace.catalog.stages.release(fingerprint, stage)
            raise
        yield outcome


def _outcome(
    stage: Stage, fingerprint: str, workspace: Workspace, report: Heartbeat, asked_at: float
) -> Outcome:
    started = time.monotonic()
    try:
        rows, damage, skipped = _bring_up_to_date(stage, fingerprint, workspace, report, asked_at)
    except GazeError as error:
        if error.code is ErrorCode.ARTIFACT_CORRUPT:
            _discard_input(fingerprint, stage, workspace)
        return _failed(fingerprint, stage, error.code, _detail(error, stage, workspace))
    except MemoryError as error:
        return _failed(fingerprint, stage, ErrorCode.OUT_OF_MEMORY, str(error))
    except Exception as error:  # noqa: BLE001 - one video's surprise must not cost its neighbours
        detail = f"{type(error).__name__}: {error}"
        memory = "out of memory" in detail.lower()
        code = ErrorCode.OUT_OF_MEMORY if memory else ErrorCode.INTERNAL
        return _failed(fingerprint, stage, code, detail)
    status = Status.PARTIAL if damage else Status.DONE
    problem = ErrorCode.FILE_DAMAGED if damage else None
    seconds = time.monotonic() - started
    return Outcome(fingerprint, stage, status, rows, seconds, skipped, problem, damage or "")


def _settled(outcome: Outcome, workspace: Workspace) -> Outcome:
    """Write an outcome down; one of a video that was forgotten meanwhile says so, and leaves nothing."""
    fingerprint, stage = outcome.fingerprint, outcome.stage
    if outcome.status is Status.CANCELLED or outcome.code is ErrorCode.VIDEO_UNKNOWN:
        workspace.catalog.stages.release(fingerprint, stage)
        return outcome
    recipe = WORK[stage].recipe(workspace).key
    written = workspace.catalog.stages.settle(
        fingerprint, stage, outcome.status, outcome.code, outcome.detail, recipe
    )
    if outcome.status.settled and not written:
        workspace.artifacts.remove(fingerprint)
        return _failed(fingerprint, stage, ErrorCode.VIDEO_UNKNOWN, fingerprint)
    return outcome


def _bring_up_to_date(
    stage: Stage, fingerprint: str, workspace: Workspace, report: Heartbeat, asked_at: float
) -> tuple[int, str | None, bool]:
    """Rows, damage and whether it was there already. Raises GazeError."""
    work = WORK[stage]
    recipe = work.recipe(workspace)
    answer = Answer.TAKEN
    while answer is not Answer.YOURS:
        present = workspace.artifacts.holds(fingerprint, stage, recipe)
        if present is not None:
            return present.rows, present.damage, True
        answer = workspace.catalog.stages.start(fingerprint, stage, asked_at)
        if answer is Answer.CANCELLED:
            raise GazeError(ErrorCode.CANCELLED)
        if answer is Answer.UNKNOWN:
            raise GazeError(ErrorCode.VIDEO_UNKNOWN, fingerprint)
        if answer is Answer.TAKEN:
            report.wait(AWAIT_S)
    _require_input(stage, fingerprint, workspace)
    require_room(workspace.paths, workspace.settings.storage.reserve_mb)
    if work.MODEL is None:
        product = work.make(fingerprint, workspace, report)
    else:
        product = in_background(partial(work.make, fingerprint, workspace), report)
    workspace.artifacts.write(fingerprint, stage, product.table, recipe, product.damage)
    return product.table.num_rows, product.damage, False


def _require_input(stage: Stage, fingerprint: str, workspace: Workspace) -> None:
    """Raises GazeError(STAGE_NOT_READY), or ARTIFACT_CORRUPT when what was made is gone."""
    before = REQUIRES[stage]
    if before is None or workspace.artifacts.holds(
        fingerprint, before, WORK[before].recipe(workspace)
    ):
        return
    video = workspace.catalog.videos.get(fingerprint)
    row = video.stages.get(before) if video else None
    made = row is not None and row.status.settled
    lost = made and workspace.artifacts.info(fingerprint, before) is None
    code = ErrorCode.ARTIFACT_CORRUPT if lost else ErrorCode.STAGE_NOT_READY
    raise GazeError(code, before, before)


def _discard_input(fingerprint: str, stage: Stage, workspace: Workspace) -> None:
    """Have the stage's input made again: what is stored of it cannot be used."""
    before = REQUIRES[stage]
    if before is not None:
        workspace.paths.artifact(fingerprint, before).unlink(missing_ok=True)
        workspace.catalog.stages.reset(fingerprint, before)


def _detail(error: GazeError, stage: Stage, workspace: Workspace) -> str:
    kind = WORK[stage].MODEL
    if NOT_MADE.get(error.code) is Status.WAITING and kind is not None:
        return workspace.models.spec(kind).id
    return error.detail or error.subject


def _failed(fingerprint: str, stage: Stage, code: ErrorCode, detail: str) -> Outcome:
    status = NOT_MADE.get(code, Status.FAILED)
    return Outcome(fingerprint, stage, status, code=code, detail=detail)
