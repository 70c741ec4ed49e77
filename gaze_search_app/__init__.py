"""Gaze's search app: reads published snapshots, never writes the index."""
