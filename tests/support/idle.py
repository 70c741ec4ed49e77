"""A service that does nothing: `python -m tests.support.idle FOLDER` notes its id there and waits."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "pids").write_text(f"{os.getpid()}\n")
    (folder / "works").touch()
    time.sleep(600)
