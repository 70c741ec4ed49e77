"""Where results are kept, and on what machine they were taken."""

from __future__ import annotations

import platform
import time
from pathlib import Path

import psutil

RESULTS = Path(__file__).with_name("results")


def describe() -> dict[str, str]:
    """The machine and the day, for a record of results."""
    return {
        "machine": f"{platform.machine()}, {psutil.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "date": time.strftime("%Y-%m-%d"),
    }
