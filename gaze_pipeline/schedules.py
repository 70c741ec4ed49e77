"""What happens at a given hour."""

from __future__ import annotations

import dagster as dg

from gaze_pipeline.jobs import upkeep

nightly = dg.ScheduleDefinition(
    name="nightly",
    job=upkeep,
    cron_schedule="0 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night: looks through all libraries, forgets what is due, deletes what is old.",
)
