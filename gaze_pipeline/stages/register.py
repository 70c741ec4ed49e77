"""Taking up a new file: probe it once, so that what is no video never joins a batch."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pyarrow as pa

from gaze_pipeline.library.lock import scanning
from gaze_pipeline.library.report import ScanReport
from gaze_pipeline.library.rounds import due
from gaze_pipeline.library.scan import scan
from gaze_pipeline.library.sight import Round, everywhere
from gaze_pipeline.stages.limits import heed_raised
from gaze_pipeline.store import schemas
from gaze_pipeline.workspace import Workspace

WAIT_S = 5.0
"""How long a round waits for another scan before it leaves the matter to the next one."""


def register(workspace: Workspace, fingerprint: str, path: Path) -> int:
    """Probe a video and keep its facts; returns its duration in ms. Raises GazeError."""
    facts = workspace.decoder.probe(path)
    row = {"fingerprint": fingerprint, **asdict(facts)}
    workspace.artifacts.write_facts(fingerprint, pa.Table.from_pylist([row], schema=schemas.MEDIA))
    return facts.duration_ms


def scan_libraries(workspace: Workspace, only: str | None = None) -> ScanReport:
    """Scan the libraries (or `only` one) and take up what is new, once no other scan is at it."""
    heed_raised(workspace)
    where = everywhere(workspace.settings, only)
    with scanning(workspace.paths):
        return _scan(workspace, where)


def scan_where_due(workspace: Workspace, at_most_s: float) -> ScanReport | None:
    """Look where it is time to, within a bound; None where it is not, or while another scan is at it."""
    heed_raised(workspace)
    where = due(workspace.settings, workspace.catalog, time.time())
    if where is None:
        return None
    try:
        with scanning(workspace.paths, wait_s=WAIT_S):
            return _scan(workspace, where, at_most_s)
    except TimeoutError:
        return None


def _scan(workspace: Workspace, where: Round, at_most_s: float | None = None) -> ScanReport:
    take_up = partial(register, workspace)
    return scan(workspace.settings, workspace.catalog, take_up, where, at_most_s)
