"""`gaze upkeep`: what the nightly job does, now."""

from __future__ import annotations

import sys

from gaze_pipeline.commands.format import terminal
from gaze_pipeline.upkeep import upkeep as run_upkeep
from gaze_pipeline.workspace import Workspace


def upkeep() -> None:
    """Forget what is due, delete old snapshots, versions and records. Exits with 1 if a step failed.

    A running `gaze up` does this every night.
    """
    console = terminal()
    failed = False
    for done in run_upkeep(Workspace.open()):
        if done.error is not None:
            failed = True
            console.print(str(done.error), markup=False, style="red", soft_wrap=True)
        elif done.told:
            console.print(done.told, markup=False)
    console.print("Some of the upkeep failed." if failed else "The data root is in order.")
    sys.exit(1 if failed else 0)
