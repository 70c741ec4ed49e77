"""Gaze's pipeline: from folders of videos to a published, searchable index."""
