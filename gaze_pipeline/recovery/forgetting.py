"""A forgetting that was killed half-way: carried on, since nobody may be there to ask for it again."""

from __future__ import annotations

import sqlite3

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.forgetting.forget import finish, is_interrupted
from gaze_pipeline.workspace import Workspace


def carry_on(workspace: Workspace) -> str:
    """Finish what was interrupted; returns how that went in words, empty when there was nothing."""
    if not is_interrupted(workspace):
        return ""
    try:
        proof = finish(workspace)
    except GazeError as error:
        return _unfinished(error.code)
    except (OSError, sqlite3.Error):
        return _unfinished(ErrorCode.FORGETTING_UNFINISHED)
    if proof is not None and proof.left:
        return _unfinished(ErrorCode.FORGETTING_UNFINISHED)
    return "it is finished now"


def _unfinished(code: ErrorCode) -> str:
    return f"it is not finished yet ({code.name}), and will be tried again"
