"""Putting right what processes that were killed left behind, and saying so.

    repairs = recover(workspace)
    for line in repairs.lines(): ...

Everything here may run at any time, beside processes that work, and again and again.
"""

from __future__ import annotations

from gaze_pipeline.recovery.record import Entry, last
from gaze_pipeline.recovery.repairs import Repairs
from gaze_pipeline.recovery.steps import recover, tend

__all__ = ["Entry", "Repairs", "last", "recover", "tend"]
