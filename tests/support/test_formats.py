"""Making videos leaves the process as it was."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.formats import make_formats

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="schedulers are Linux's")


@pytest.mark.slow
def test_what_is_started_afterwards_is_not_real_time(tmp_path: Path) -> None:
    make_formats(tmp_path / "formats")

    assert os.sched_getscheduler(0) == os.SCHED_OTHER
