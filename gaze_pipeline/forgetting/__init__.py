"""Forgetting a video: erased from every store, old versions included, then searched for byte by byte."""
