"""Running one stage over many videos: skip what is there, write down how each stands, never stop for one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.stages import audio, detections, embeddings, frames, transcript
from gaze_pipeline.stages.work import OnProgress, StageWork
from gaze_pipeline.states import REQUIRES, Stage, Status
from gaze_pipeline.store.room import require_room
from gaze_pipeline.workspace import Workspace

WORK: dict[Stage, StageWork] = {
    Stage.AUDIO: audio,
    Stage.TRANSCRIPT: transcript,
    Stage.FRAMES: frames,
    Stage.EMBEDDINGS: embeddings,
    Stage.DETECTIONS: detections,
}
HEARTBEAT_S = 0.5
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
    on_progress: Callable[[str, float], None] | None = None,
) -> Iterator[Outcome]:
    """Bring one stage of each video up to date, one after the other.

    A failure settles its own video and the next goes on. When the caller is interrupted, the stage at
    hand is pending again and what was finished stays. A stage that another process is at is awaited.
    """
    for fingerprint in fingerprints:
        report = _Heartbeat(fingerprint, stage, workspace, on_progress)
        started = time.monotonic()
        try:
            rows, damage, skipped = _bring_up_to_date(stage, fingerprint, workspace, report)
        except GazeError as error:
            if error.code is ErrorCode.ARTIFACT_CORRUPT:
                _discard_input(fingerprint, stage, workspace)
            outcome = _failed(fingerprint, stage, error.code, error.detail or error.subject)
        except MemoryError as error:
            outcome = _failed(fingerprint, stage, ErrorCode.OUT_OF_MEMORY, str(error))
        except Exception as error:  # noqa: BLE001 - one video's surprise must not cost its neighbours
            detail = f"{type(error).__name__}: {error}"
            memory = "out of memory" in detail.lower()
            code = ErrorCode.OUT_OF_MEMORY if memory else ErrorCode.INTERNAL
            outcome = _failed(fingerprint, stage, code, detail)
        except BaseException:
            workspace.catalog.stages.release(fingerprint, stage)
            raise
        else:
            status = Status.PARTIAL if damage else Status.DONE
            problem = ErrorCode.FILE_DAMAGED if damage else None
            seconds = time.monotonic() - started
            outcome = Outcome(
                fingerprint, stage, status, rows, seconds, skipped, problem, damage or ""
            )
        if outcome.code is ErrorCode.VIDEO_UNKNOWN:  # it was removed meanwhile
            workspace.catalog.stages.reset(fingerprint, stage)
        else:
            recipe = WORK[stage].recipe(workspace).key
            workspace.catalog.stages.settle(
                fingerprint, stage, outcome.status, outcome.code, outcome.detail, recipe
            )
        yield outcome


def _bring_up_to_date(
    stage: Stage, fingerprint: str, workspace: Workspace, on_progress: OnProgress
) -> tuple[int, str | None, bool]:
    """Rows, damage and whether it was there already. Raises GazeError."""
    work = WORK[stage]
    recipe = work.recipe(workspace)
    present = workspace.artifacts.holds(fingerprint, stage, recipe)
    if present is not None:
        return present.rows, present.damage, True
    _require_input(stage, fingerprint, workspace)
    while not workspace.catalog.stages.start(fingerprint, stage):
        time.sleep(AWAIT_S)
        present = workspace.artifacts.holds(fingerprint, stage, recipe)
        if present is not None:
            return present.rows, present.damage, True
    require_room(workspace.paths, workspace.settings.storage.reserve_mb)
    product = work.make(fingerprint, workspace, on_progress)
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


def _failed(fingerprint: str, stage: Stage, code: ErrorCode, detail: str) -> Outcome:
    waits = code in (ErrorCode.MODEL_MISSING, ErrorCode.MODEL_CORRUPT)
    status = Status.WAITING if waits else Status.FAILED
    return Outcome(fingerprint, stage, status, code=code, detail=detail)


class _Heartbeat:
    """Passes progress on, and into the catalog a few times a second."""

    def __init__(
        self,
        fingerprint: str,
        stage: Stage,
        workspace: Workspace,
        on_progress: Callable[[str, float], None] | None,
    ) -> None:
        self._key = (fingerprint, stage)
        self._catalog = workspace.catalog
        self._on_progress = on_progress
        self._last = 0.0

    def __call__(self, fraction: float) -> None:
        if self._on_progress is not None:
            self._on_progress(self._key[0], fraction)
        now = time.monotonic()
        if now - self._last >= HEARTBEAT_S:
            self._last = now
            self._catalog.stages.progress(*self._key, fraction)
