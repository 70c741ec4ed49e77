"""What `workspace.yaml` loads."""

from __future__ import annotations

import dagster as dg

from gaze_pipeline import checks, jobs, schedules, sensors
from gaze_pipeline.assets.audio import audio
from gaze_pipeline.assets.copies import copies
from gaze_pipeline.assets.detections import detections
from gaze_pipeline.assets.embeddings import embeddings
from gaze_pipeline.assets.frames import frames
from gaze_pipeline.assets.meanings import meanings
from gaze_pipeline.assets.search_index import search_index
from gaze_pipeline.assets.texts import texts
from gaze_pipeline.assets.transcript import transcript
from gaze_pipeline.resources import WorkspaceResource

defs = dg.Definitions(
    assets=[
        audio,
        transcript,
        meanings,
        frames,
        embeddings,
        detections,
        texts,
        search_index,
        copies,
    ],
    asset_checks=[checks.standing],
    jobs=[jobs.ingest, jobs.publish, jobs.compare, jobs.upkeep],
    sensors=[
        sensors.folders,
        sensors.finished_work,
        sensors.new_content,
        sensors.interrupted_forgetting,
        checks.follow_standing,
    ],
    schedules=[schedules.nightly],
    resources={"workspace": WorkspaceResource()},
    executor=dg.in_process_executor,
)
