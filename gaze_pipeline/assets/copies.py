"""The asset `copies`."""

from __future__ import annotations

import dagster as dg

from gaze_pipeline.assets.search_index import search_index
from gaze_pipeline.assets.stage import Result
from gaze_pipeline.duplicates.find import find_copies
from gaze_pipeline.resources import WorkspaceResource


@dg.asset(deps=[search_index], group_name="search", kinds={"sqlite"}, pool="copies")
def copies(workspace: WorkspaceResource) -> Result:
    """Which published videos hold the same content: new ones are compared with all others."""
    space = workspace.get()
    compared = find_copies(space)
    pairs = len(space.catalog.copies.pairs())
    return dg.MaterializeResult(metadata={"compared": compared, "pairs": pairs})
