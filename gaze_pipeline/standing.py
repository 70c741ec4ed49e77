"""How a video stands, in the one wording that the page, the command line and Dagster share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.states import Stage, State, Status
from gaze_pipeline.store.catalog.rows import StageRow, VideoRow

WHEN_GONE = {
    ErrorCode.DISK_FULL: "as soon as there is room",
    ErrorCode.FILE_NOT_FOUND: "as soon as the file is back",
    ErrorCode.FILE_UNSTABLE: "as soon as the file stops changing",
}


@dataclass(frozen=True)
class Standing:
    """The state of a video (`progress` 0..1) and the first problem in the way of its being done."""

    state: State
    progress: float
    cancelling: bool = False
    stage: Stage | None = None
    status: Status | None = None
    code: ErrorCode | None = None
    detail: str = ""
    remedy: str = ""
    next_try: str = ""

    @property
    def sentence(self) -> str:
        """What is in the way and what to do about it; empty when nothing is."""
        if self.code is None:
            return ""
        detail = f" ({self.detail})" if self.detail else ""
        parts = (f"{self.stage}: {self.code.name}: {self.code.sentence}{detail}", self.next_try)
        return " ".join(part for part in (*parts, self.remedy) if part)


def standing(video: VideoRow) -> Standing:
    """How a video stands."""
    problem = video.problem
    if problem is None or problem.error_code is None:
        return Standing(video.state, video.progress, video.cancelling)
    return Standing(
        state=video.state,
        progress=video.progress,
        cancelling=video.cancelling,
        stage=problem.stage,
        status=problem.status,
        code=problem.error_code,
        detail=problem.error_detail,
        remedy=problem.remedy,
        next_try=next_try(problem),
    )


def next_try(row: StageRow) -> str:
    """When a stage that failed is tried again by itself, as a sentence; empty when it is not."""
    if row.status is not Status.FAILED or row.retry_at is None:
        return ""
    then = datetime.fromtimestamp(row.retry_at)
    today = then.date() == datetime.now().date()
    time = f"at {then:%H:%M:%S}" if today else f"on {then:%Y-%m-%d at %H:%M}"
    when = WHEN_GONE.get(row.error_code) if row.error_code else None
    return f"It is tried again {when or time}."
