"""The assets: one thin file a stage."""
