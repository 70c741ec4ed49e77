"""What Health tells of the disk."""

from __future__ import annotations

from pathlib import Path

from gaze_pipeline import health
from gaze_pipeline.settings import Settings


def test_models_do_not_count_as_index(tmp_path: Path) -> None:
    paths = Settings(root=tmp_path).paths
    for folder in (paths.artifacts, paths.index, paths.vectors, paths.models, paths.clips):
        folder.mkdir()
        (folder / "file").write_bytes(b"0" * 1000)

    told = health.disk(Settings(root=tmp_path))

    assert told.index == 3000
    assert sum(told.used.values()) == 5000
