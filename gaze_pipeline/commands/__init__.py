"""The commands of `gaze`, one file each: parse, call the domain, print."""
