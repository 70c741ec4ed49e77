"""Which files there are: fingerprints, folder scans, what changed."""
