"""What assets and sensors are given: the workspace of the data root."""

from __future__ import annotations

import dagster as dg
from pydantic import PrivateAttr

from gaze_pipeline.services.member import tether
from gaze_pipeline.workspace import Workspace


class WorkspaceResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opens the workspace once a run, so that its steps share the models that are loaded."""

    _workspace: Workspace | None = PrivateAttr(default=None)

    def get(self) -> Workspace:
        """The workspace of the settings in force. Raises GazeError(SETTINGS_INVALID)."""
        if self._workspace is None:
            tether()  # a run's process is none of the supervisor's own children
            self._workspace = Workspace.open()
        return self._workspace
