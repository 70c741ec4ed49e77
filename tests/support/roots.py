"""Data roots named by the environment, as Dagster's processes find theirs; and tiny videos."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tomlkit

from gaze_pipeline.media.encode import write_video
from gaze_pipeline.settings import ModelSettings


def tiny_video(path: Path, seed: int = 0, seconds: int = 2) -> Path:
    """A video of plain colours with a tone; each seed gives another fingerprint."""
    colours = np.random.default_rng(seed).integers(0, 255, (seconds, 3), dtype=np.uint8)
    frames = (np.full((48, 64, 3), colours[i // 5], dtype=np.uint8) for i in range(seconds * 5))
    tone = np.sin(np.arange(seconds * 16_000) / (10 + seed)).astype(np.float32) * 0.3
    write_video(path, frames, fps=5, audio=tone)
    return path


def tiny_library(folder: Path, count: int) -> Path:
    """A folder of tiny videos, `0.mp4` and on."""
    folder.mkdir()
    for seed in range(count):
        tiny_video(folder / f"{seed}.mp4", seed)
    return folder


def root_variables(
    root: Path,
    *libraries: Path,
    models: ModelSettings | None = None,
    ports: tuple[int, int] | None = None,
) -> Mapping[str, str]:
    """Write the `gaze.toml` of a new data root; returns the variables that name it."""
    document: dict[str, object] = {
        "libraries": [{"name": folder.name, "path": str(folder)} for folder in libraries],
        "scan": {"settle_s": 0.0, "every_s": 5},
    }
    if ports:
        document["services"] = {"search_port": ports[0], "dagster_port": ports[1]}
    root.mkdir(parents=True, exist_ok=True)
    (root / "gaze.toml").write_text(tomlkit.dumps(document))
    variables = {"GAZE_DATA": str(root), "GAZE_MODELS": str(root / "no-models")}
    if models is not None:
        variables["GAZE_MODELS"] = str(models.directory)
        variables["GAZE_MODELS__MANIFEST"] = str(models.manifest)
    return variables


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with the variables of a data root."""
    return {**os.environ, **variables}
