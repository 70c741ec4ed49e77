"""How far a run is, as its log tells it; and whether somebody has cancelled it."""

from __future__ import annotations

import time

import dagster as dg

LOG_EVERY_S = 10.0
ASK_EVERY_S = 1.0
STOPPING = frozenset({dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED})


class RunProgress:
    """Takes the progress of each video of a run.

    Dagster interrupts a run that is cancelled by one signal. Python loses what a signal's handler raises
    inside a destructor or a callback, and a run that is just being launched gets no signal: so the run's
    own status is asked now and then, too.
    """

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        self._context = context
        self._logged = self._asked = time.monotonic()

    def __call__(self, fingerprint: str, fraction: float) -> None:
        """So much of a video is done, 0..1. Raises DagsterExecutionInterruptedError."""
        now = time.monotonic()
        if now - self._logged >= LOG_EVERY_S:
            self._logged = now
            self._context.log.info(f"{fingerprint}: {fraction:.0%}")
        if now - self._asked >= ASK_EVERY_S:
            self.require_wanted()

    def require_wanted(self) -> None:
        """Raise DagsterExecutionInterruptedError if the run was cancelled."""
        self._asked = time.monotonic()
        run = self._context.instance.get_run_by_id(self._context.run.run_id)
        if run is not None and run.status in STOPPING:
            raise dg.DagsterExecutionInterruptedError
