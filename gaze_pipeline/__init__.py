"""Gaze's pipeline: from folders of videos to a published, searchable index."""

from gaze_pipeline.calm import keep_calm
from gaze_pipeline.offline import stay_offline

stay_offline()
keep_calm()
