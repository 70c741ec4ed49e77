"""The steps of a recovery, in the order in which they build on each other."""

from __future__ import annotations

from filelock import FileLock

from gaze_pipeline.errors import GazeError
from gaze_pipeline.recovery import catalog, index, leavings
from gaze_pipeline.recovery.record import note
from gaze_pipeline.recovery.repairs import Repairs
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace


def recover(workspace: Workspace, publish_now: bool = True) -> Repairs:
    """Repair the data root; waits while another process does.

    A snapshot that cannot be used is published anew, unless `publish_now` is false: then the catalog is
    marked as changed, which has the services publish. Raises GazeError.
    """
    paths = workspace.paths
    paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(paths.run / "recovery.lock"):
        set_aside = catalog.mend(workspace)
        restored = leavings.put_back(workspace.settings)
        flaw = index.flaw(paths)
        repairs = Repairs(
            catalog=set_aside,
            released=workspace.catalog.stages.release_dead(),
            restored=restored,
            leavings=leavings.remove(workspace.settings),
            index=flaw,
            pending=_republish(workspace, publish_now) if flaw else "",
        )
        note(paths, repairs)
    return repairs


def _republish(workspace: Workspace, now: bool) -> str:
    """Have the snapshot made anew; returns why it has to wait, if it does."""
    workspace.catalog.outrun(workspace.catalog.revision())
    if not now:
        return "by the services"
    try:
        publish(workspace)
    except GazeError as error:
        return error.code.name
    return ""
