"""Repairs the data root of the settings in force; `gaze up` runs this before its services."""

from __future__ import annotations

from gaze_pipeline.errors import GazeError
from gaze_pipeline.recovery import recover
from gaze_pipeline.workspace import Workspace


def main() -> None:
    """Recover, print what was repaired, and end with the message of a GazeError."""
    try:
        for line in recover(Workspace.open()).lines():
            print(line)
    except GazeError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
