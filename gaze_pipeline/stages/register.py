"""Taking up a new file: probe it once, so that what is no video never joins a batch."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import pyarrow as pa

from gaze_pipeline.library.scan import ScanReport, scan
from gaze_pipeline.store import schemas
from gaze_pipeline.workspace import Workspace


def register(workspace: Workspace, fingerprint: str, path: Path) -> int:
    """Probe a video and keep its facts; returns its duration in ms. Raises GazeError."""
    facts = workspace.decoder.probe(path)
    row = {"fingerprint": fingerprint, **asdict(facts)}
    workspace.artifacts.write_facts(fingerprint, pa.Table.from_pylist([row], schema=schemas.MEDIA))
    return facts.duration_ms


def scan_libraries(
    workspace: Workspace, only: str | None = None, hash_at_most: int | None = None
) -> ScanReport:
    """Scan the libraries (or `only` one) and take up what is new; see `library.scan.scan`."""
    return scan(
        workspace.settings,
        workspace.catalog,
        partial(register, workspace),
        only=only,
        hash_at_most=hash_at_most,
    )
