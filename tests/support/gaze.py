"""Running the `gaze` command as a user would, on a data root of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gaze_pipeline.settings import ModelSettings
from tests.support.finishing import finished


@dataclass
class Gaze:
    """The command with its environment; `run` returns the finished process."""

    root: Path
    models: ModelSettings | None = None
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `gaze ARGUMENTS`; raises with its output when it fails and `check` is set."""
        command = [sys.executable, "-m", "gaze_pipeline.cli", *arguments]
        done = finished(command, self.environment())
        if check and done.returncode:
            raise AssertionError(f"gaze {arguments} failed:\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *arguments: str) -> Any:
        """The JSON that `gaze ARGUMENTS --json` prints."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def environment(self) -> dict[str, str]:
        """The variables of a user who set up this data root."""
        chosen = {"GAZE_DATA": str(self.root), "GAZE_SCAN__SETTLE_S": "0", "COLUMNS": "160"}
        if self.models is not None:
            chosen["GAZE_MODELS"] = str(self.models.directory)
            chosen["GAZE_MODELS__MANIFEST"] = str(self.models.manifest)
        else:
            chosen["GAZE_MODELS"] = str(self.root / "no-models")
        return {**os.environ, **chosen, **self.variables}
