"""What each stage does to one video, and running stages over many. No Dagster."""
