"""`make quality`: known-item search over a library with a known truth, beside its baselines.

Prints the tables and keeps them under results/. With the small image models of the tests, and with the
official ones too where `GAZE_MODELS` (or .artifacts/models) has them.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from gaze_pipeline.models.fetch import pull
from gaze_pipeline.models.installed import ModelState, status
from gaze_pipeline.models.manifest import load_manifest
from gaze_pipeline.settings import ModelSettings
from tests.conftest import TEST_MANIFEST, TEST_MODELS
from tests.quality import copied, pictured, report
from tests.quality.trial import hold

RESULTS = Path(__file__).with_name("results") / "latest.json"


def main() -> None:
    """Hold a trial with each set of models there is."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list what Gaze got wrong")
    chosen = parser.parse_args()
    console = Console(width=200, highlight=False)
    kept = {}
    for name, models in _models().items():
        started = time.monotonic()
        trial = hold(models)
        console.print(f"\n{report.setting(trial)} {time.monotonic() - started:.0f} s.")
        console.print(report.by_method(trial), report.by_group(trial))
        if chosen.misses:
            console.print(report.misses(trial))
        pictures = pictured.of_library(models)
        console.print(pictured.table(pictures))
        copies = copied.of_real_videos(models)
        if copies is not None:
            console.print(copied.table(copies))
        found = {"pictures": asdict(pictures), "copies": copies and asdict(copies)}
        kept[name] = {**report.record(trial), **found}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _models() -> dict[str, ModelSettings]:
    """The small models of the tests; the official ones where all of them are installed."""
    small = load_manifest(TEST_MANIFEST)
    for kind in ("clip", "detector"):
        pull(small.of_kind(kind), TEST_MODELS)
    for kind in ("whisper", "sentence"):
        spec = small.of_kind(kind)
        if status(spec, TEST_MODELS).state is not ModelState.READY:
            raise SystemExit(f"{spec.title} is not there: make models-for-tests")
    sets = {"small": ModelSettings(directory=TEST_MODELS, manifest=TEST_MANIFEST, device="cpu")}
    shipped = load_manifest()
    places = [Path(os.environ.get("GAZE_MODELS") or TEST_MODELS), TEST_MODELS]
    for place in places:
        specs = [shipped.of_kind(kind) for kind in ("whisper", "clip", "detector")]
        if all(status(spec, place).state is ModelState.READY for spec in specs):
            sets["official"] = ModelSettings(directory=place)
            break
    return sets


if __name__ == "__main__":
    main()
