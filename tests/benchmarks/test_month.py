"""Disk use after a month of daily change stays in proportion to the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaze_pipeline.states import Stage
from tests.benchmarks.month import DELETED_DAYS, SHARE, STORES, fresh, live

VIDEOS = 20
RECORDED = (Stage.AUDIO,)
COPIES = 10.0
"""Lance rewrites its table at each step of a publication and spares what the last second wrote: at the
pace of this month that is the work of a whole day."""

WAITING = 1 + 2 * (DELETED_DAYS + 1) / SHARE
"""Deleted videos are kept for some days: so many times the library's artifacts."""


@pytest.mark.slow
def test_a_month_of_change_costs_no_more_than_the_library(tmp_path: Path) -> None:
    days = list(live(tmp_path / "month", VIDEOS, 30, RECORDED))
    anew = fresh(tmp_path / "fresh", VIDEOS, RECORDED)
    factors = {
        "artifacts": WAITING,
        "index": 2.1,
        "vectors": COPIES,
        "dagster": 4.0,
        "catalog": 2.5,
    }
    for name in STORES:
        if name in factors:
            assert max(day[name] for day in days) <= factors[name] * anew[name], name
    settled, late = days[-15:-10], days[-5:]
    for name in STORES:
        assert max(day[name] for day in late) <= 1.3 * max(day[name] for day in settled), name
