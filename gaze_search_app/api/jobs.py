"""`/api/jobs`: the work on each video."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from gaze_pipeline.states import State
from gaze_pipeline.store.catalog.rows import StageRow, VideoRow
from gaze_search_app.api import schema
from gaze_search_app.api.context import KnownVideo, Limit, Offset, Space
from gaze_search_app.api.libraries import title_of
from gaze_search_app.library_view import GROUP_OF, GROUPS
from gaze_search_app.problems import Problem

router = APIRouter(tags=["work"])


@router.get("/jobs")
def get_jobs(
    space: Space,
    state: Annotated[list[State], Query(description="Only those that stand so.")] = [],  # noqa: B006
    limit: Limit = 50,
    offset: Offset = 0,
) -> schema.Jobs:
    """One page of jobs. `gaze cancel`, `gaze retry` and the Dagster UI change them."""
    space.catalog.stages.release_dead()
    videos = space.catalog.videos.all()
    found = [video for video in videos if not state or video.state in state]
    found.sort(key=lambda video: (GROUPS.index(GROUP_OF[video.state]), title_of(video).casefold()))
    done = sum(video.progress for video in videos) / len(videos) if videos else 1.0
    page = [job(video) for video in found[offset : offset + limit]]
    return schema.Jobs(jobs=page, total=len(found), progress=done)


@router.get("/jobs/{fingerprint}")
def get_job(video: KnownVideo, space: Space) -> schema.Job:
    """The work on one video, stage by stage."""
    space.catalog.stages.release_dead()
    return job(video)


def job(video: VideoRow) -> schema.Job:
    """The work on a video."""
    return schema.Job(
        id=video.fingerprint,
        title=title_of(video),
        state=video.state,
        progress=video.progress,
        cancelling=video.cancelling,
        stages=[_stage(row) for row in video.wanted_rows],
    )


def _stage(row: StageRow) -> schema.StageJob:
    code = row.error_code
    return schema.StageJob(
        stage=row.stage,
        status=row.status,
        progress=1.0 if row.status.settled else row.progress,
        attempt=row.attempt,
        retry_at=row.retry_at,
        problem=Problem.of(code, row.stage, row.error_detail, row.remedy) if code else None,
    )
