"""The models: which ones, where they come from, and a thin wrapper around each."""
