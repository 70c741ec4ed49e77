"""Everything that `gaze up` keeps running: started together, watched, ended together."""
