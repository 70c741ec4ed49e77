"""What a person asks of videos: to leave what is still to be done undone, or to take it up again."""

from __future__ import annotations

import time
from collections.abc import Iterable

from gaze_pipeline.stages.run import WORK
from gaze_pipeline.states import Stage
from gaze_pipeline.store.catalog.rows import FileRow, VideoRow
from gaze_pipeline.workspace import Workspace


def cancel(
    workspace: Workspace,
    videos: Iterable[VideoRow],
    stages: Iterable[Stage] = Stage,
    at: float | None = None,
) -> int:
    """Leave undone what these videos still lack, until it is asked for; returns in how many of them.

    A stage that runs stops at its next report of progress; what is finished stays. What has happened
    since `at` (seconds since the epoch, by default now) stands.
    """
    chosen = tuple(stages)
    wanted = {video.fingerprint: still_to_do(workspace, video, chosen) for video in videos}
    return workspace.catalog.requests.cancel(wanted, at)


def retry(workspace: Workspace, videos: Iterable[VideoRow]) -> int:
    """Have done again what failed or was cancelled; returns in how many of the videos."""
    wanted = {video.fingerprint: tuple(video.wanted) for video in videos}
    return workspace.catalog.requests.retry(wanted)


def retry_files(workspace: Workspace, files: Iterable[FileRow]) -> int:
    """Have refused files looked at again by the next scan, as if they were new; returns how many."""
    paths = [file.path for file in files if file.fingerprint is None]
    workspace.catalog.files.record(remove=paths)
    workspace.catalog.touched.add(paths, time.time())
    return len(paths)


def still_to_do(workspace: Workspace, video: VideoRow, stages: Iterable[Stage]) -> list[Stage]:
    """Those of the stages that will be done, now or later, without anybody asking for it."""
    return [
        stage
        for stage in stages
        if stage in video.wanted and video.stage(stage).is_open(WORK[stage].recipe(workspace).key)
    ]
