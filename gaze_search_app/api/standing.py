"""`/api/health`, `/api/models`, `/api/settings`: how Gaze is."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from fastapi import APIRouter

from gaze_pipeline import health
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.models.installed import ModelStatus
from gaze_pipeline.names import valid
from gaze_pipeline.services.ports import HOST
from gaze_pipeline.workspace import Workspace
from gaze_search_app.api import schema
from gaze_search_app.api.context import Space
from gaze_search_app.problems import Problem

router = APIRouter(tags=["how Gaze is"])


@router.get("/health")
def get_health(space: Space) -> schema.Health:
    """What can be searched now, what is missing, what to do about it."""
    models, index, disk = models_of(space), health.index(space), health.disk(space.settings)
    problems = [model.problem for model in models if model.problem]
    if index is None:
        problems.append(Problem.of(ErrorCode.INDEX_MISSING))
    if disk.low:
        problems.append(Problem.of(ErrorCode.DISK_FULL, disk.root))
    return schema.Health(
        ready=not problems,
        problems=problems,
        device=health.device(space.settings),
        index=index,
        libraries=health.libraries(space),
        models=models,
        disk=disk,
        versions=health.versions(),
        dagster=f"http://{HOST}:{space.settings.services.dagster_port}",
    )


@router.get("/models")
def get_models(space: Space) -> schema.Models:
    """Which models are here. `gaze models pull` gets the others."""
    return schema.Models(models=models_of(space))


@router.get("/settings")
def get_settings(space: Space) -> schema.SettingsInForce:
    """Every setting in force. They are changed in the file that `where` names."""
    sections = space.settings.model_dump(exclude={"root", "libraries"})
    where = valid(space.settings.paths.settings)
    return schema.SettingsInForce(where=where, **_plain(sections))


def models_of(space: Workspace) -> list[schema.Model]:
    """How each model stands."""
    return [_model(model) for model in health.models(space.settings)]


def _model(model: ModelStatus) -> schema.Model:
    code = health.remedy(model)
    return schema.Model(
        id=model.id,
        kind=model.kind,
        title=model.title,
        state=model.state,
        enables=health.ENABLES[model.kind],
        variant=model.variant,
        bytes=model.bytes,
        problem=Problem.of(code, model.id) if code else None,
    )


def _plain(value: Any) -> Any:
    """The same with every path as valid text."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return valid(value) if isinstance(value, PurePath) else value
