"""What was refused for a limit in the settings: asked again once the limit is raised."""

from __future__ import annotations

import math

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.stages.requests import retry_files
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.rows import VideoRow
from gaze_pipeline.workspace import Workspace


def heed_raised(workspace: Workspace) -> None:
    """Have files and stages done again that failed of a limit which is higher now than it was."""
    catalog, decoding = workspace.catalog, workspace.settings.decoding
    limits = {
        ErrorCode.DECODER_MEMORY: decoding.memory_mb,
        ErrorCode.DECODER_STALLED: math.ceil(decoding.stall_s),
    }
    for code, limit in limits.items():
        before = catalog.limit(code)
        if before is not None and before < limit:
            refused = [file for file in catalog.files.refused() if file.error_code is code]
            retry_files(workspace, refused)
            failed = {video.fingerprint: _failed(video, code) for video in catalog.videos.all()}
            catalog.requests.retry(failed)
        if before != limit:
            catalog.note_limit(code, limit)


def _failed(video: VideoRow, code: ErrorCode) -> list[Stage]:
    rows = video.stages.values()
    return [row.stage for row in rows if row.status is Status.FAILED and row.error_code is code]
