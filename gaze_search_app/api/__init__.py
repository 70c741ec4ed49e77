"""The HTTP API: what Gaze knows and finds, for other programs on this machine. It only reads."""
