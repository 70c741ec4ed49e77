"""Gaze's pipeline: from folders of videos to a published, searchable index."""

from gaze_pipeline.offline import stay_offline

stay_offline()
