"""FRAMES: one upright picture every few seconds, as JPEG thumbnails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa

from gaze_pipeline.media.extracts import frame_name
from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.stages.work import OnProgress, Product, frame_recipe, source
from gaze_pipeline.states import Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe, disk_error
from gaze_pipeline.store.paths import sync
from gaze_pipeline.workspace import Workspace

MODEL: Kind | None = None


def recipe(workspace: Workspace) -> Recipe:
    """How densely and how large frames are sampled."""
    return frame_recipe(workspace.settings)


def make(fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
    """Sample the video; the folder of thumbnails, synced, is replaced whole, before the table."""
    path = source(fingerprint, workspace)
    final = workspace.paths.thumbnails(fingerprint)
    folder = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    shutil.rmtree(folder, ignore_errors=True)
    settings = workspace.settings.frames
    try:
        folder.mkdir(parents=True)
        extract = workspace.decoder.write_frames(
            path,
            folder,
            settings.every_ms,
            settings.thumbnail_px,
            settings.jpeg_quality,
            on_progress,
        )
        _withdraw(workspace.paths.artifact(fingerprint, Stage.FRAMES))
        _replace_folder(folder, final)
    except OSError as error:
        raise disk_error(error, folder) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rows = [
        {
            "fingerprint": fingerprint,
            "frame_index": index,
            "timestamp_ms": timestamp,
            "thumbnail": f"{final.name}/{frame_name(index)}",
        }
        for index, timestamp in enumerate(extract.timestamps_ms)
    ]
    return Product(pa.Table.from_pylist(rows, schema=schemas.FRAMES), extract.damage)


def _withdraw(table: Path) -> None:
    """Remove the table of the thumbnails that are about to go: it must never name what is not there."""
    if table.exists():
        table.unlink()
        sync(table.parent)


def _replace_folder(folder: Path, final: Path) -> None:
    sync(folder)
    old = final.with_name(f".{final.name}.{os.getpid()}.old.tmp")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        os.replace(final, old)
    os.replace(folder, final)
    sync(final.parent)
    shutil.rmtree(old, ignore_errors=True)
