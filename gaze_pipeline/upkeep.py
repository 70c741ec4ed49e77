"""Keeping a data root small and true to its library: what the nightly job does, and `gaze upkeep`.

Each step stands alone: one that fails is told, and the next goes on.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.forgetting.forget import finish, forget_gone
from gaze_pipeline.formats import count
from gaze_pipeline.run_records import RunRecords
from gaze_pipeline.store.snapshot import tidy
from gaze_pipeline.store.sqlite_files import compact
from gaze_pipeline.workspace import Workspace


@dataclass(frozen=True)
class Done:
    """What a step did, in words; an empty text when there was nothing to do. `error` if it failed."""

    told: str
    error: GazeError | None = None


def upkeep(workspace: Workspace, now: float | None = None) -> Iterator[Done]:
    """Do everything that is due at `now` (seconds since the epoch; the present by default)."""
    moment = time.time() if now is None else now
    steps: list[partial[str]] = [
        partial(_finish_forgetting, workspace),
        partial(_forget_gone, workspace, moment),
        partial(_tidy_index, workspace, moment),
        partial(_drop_clips, workspace),
        partial(_prune_records, workspace, moment),
        partial(_compact_catalog, workspace),
    ]
    for step in steps:
        try:
            yield Done(step())
        except GazeError as error:
            yield Done("", error)
        except (OSError, RuntimeError, sqlite3.Error) as error:
            detail = f"{type(error).__name__}: {error}"
            yield Done("", GazeError(ErrorCode.INTERNAL, step.func.__name__.strip("_"), detail))


def due(workspace: Workspace, now: float) -> tuple[list[str], int]:
    """The videos that no file has held for as long as the settings say, and how many are to follow."""
    keep_s = workspace.settings.retention.deleted_s
    gone = workspace.catalog.videos.gone(now)
    over = [fingerprint for fingerprint, since in gone.items() if now - since >= keep_s]
    return over, len(gone) - len(over)


def _finish_forgetting(workspace: Workspace) -> str:
    proof = finish(workspace)
    if proof is not None and proof.left:
        raise GazeError(ErrorCode.FORGETTING_UNFINISHED, "", "; ".join(proof.left[:3]))
    return "Forgot what was asked for and had been interrupted." if proof else ""


def _forget_gone(workspace: Workspace, now: float) -> str:
    over, _ = due(workspace, now)
    if not over:
        return ""
    proof = forget_gone(workspace, over)
    if proof.left:
        raise GazeError(ErrorCode.FORGETTING_UNFINISHED, "", "; ".join(proof.left[:3]))
    days = workspace.settings.retention.deleted_days
    return f"Forgot {count(len(over), 'video')} that no file has held for {count(days, 'day')}."


def _tidy_index(workspace: Workspace, now: float) -> str:
    tidy(workspace.paths, now)
    return ""


def _drop_clips(workspace: Workspace) -> str:
    """Converted clips of videos that are not kept. Those of others make room for each other."""
    kept = workspace.catalog.videos.fingerprints()
    clips = [clip for clip in workspace.paths.clips.glob("*-*") if clip.name[:16] not in kept]
    clips = [clip for clip in clips if not clip.name.startswith(".")]
    for clip in clips:
        clip.unlink(missing_ok=True)
    return (
        f"Deleted {count(len(clips), 'converted clip')} of videos that are gone." if clips else ""
    )


def _prune_records(workspace: Workspace, now: float) -> str:
    before = now - workspace.settings.retention.run_records_s
    pruned = RunRecords(workspace.paths.dagster_home).prune(before)
    return f"Deleted Dagster's records of {count(pruned, 'old run')}." if pruned else ""


def _compact_catalog(workspace: Workspace) -> str:
    compact(workspace.paths.catalog)
    return ""
