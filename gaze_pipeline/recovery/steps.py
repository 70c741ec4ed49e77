"""The steps of a recovery, in the order in which they build on each other."""

from __future__ import annotations

import math

import psutil
from filelock import FileLock

from gaze_pipeline.errors import GazeError
from gaze_pipeline.recovery import catalog, facts, forgetting, index, leavings, orphans
from gaze_pipeline.recovery.record import note
from gaze_pipeline.recovery.repairs import Repairs
from gaze_pipeline.stages.reconciliation import reconcile
from gaze_pipeline.states import Status
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace

FACTS_S = 10.0
"""How long a recovery beside running services probes videos again."""


def recover(workspace: Workspace) -> Repairs:
    """Repair the data root; waits while another process does. Raises GazeError."""
    return _recover(workspace, within_services=False)


def tend(workspace: Workspace) -> Repairs:
    """The same beside running services, and quick: they publish anew what cannot be used, and forget
    what is to be forgotten."""
    return _recover(workspace, within_services=True)


def _recover(workspace: Workspace, within_services: bool) -> Repairs:
    paths = workspace.paths
    paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(paths.run / "recovery.lock"):
        set_aside = catalog.mend(workspace)
        restored = leavings.put_back(workspace.settings)
        released = workspace.catalog.stages.release_dead(blamed=not _rebooted(workspace))
        rows = reconcile(workspace)
        probed = facts.make_again(
            workspace, rows.factless, FACTS_S if within_services else math.inf
        )
        taken_in = orphans.take_in(workspace)
        forgot = "" if within_services else forgetting.carry_on(workspace)
        flaw = index.flaw(paths, vectors=not within_services)
        repairs = Repairs(
            catalog=set_aside,
            released=released,
            found=len(rows.found),
            lost=len(rows.lost) + probed,
            restored=restored,
            leavings=leavings.remove(workspace.settings),
            orphans=taken_in,
            forgetting=forgot,
            index=flaw,
            pending=_republish(workspace, within_services) if flaw else "",
        )
        note(paths, repairs)
    return repairs


def _rebooted(workspace: Workspace) -> bool:
    """Whether the machine was started since the last stage was at work: no video is to blame then."""
    running = [
        row.updated_at
        for video in workspace.catalog.videos.all()
        for row in video.stages.values()
        if row.status is Status.RUNNING
    ]
    return bool(running) and max(running) < psutil.boot_time()


def _republish(workspace: Workspace, within_services: bool) -> str:
    """Have the snapshot made anew; returns why it has to wait, if it does."""
    workspace.catalog.outrun(workspace.catalog.revision())
    if within_services:
        return "by the services"
    try:
        publish(workspace)
    except GazeError as error:
        return error.code.name
    return ""
