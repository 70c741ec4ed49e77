"""The manifest: which model serves each purpose, from where, pinned by hash."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gaze_pipeline.errors import ErrorCode, GazeError

SHIPPED = Path(__file__).with_name("manifest.toml")

Kind = Literal["whisper", "clip", "detector", "sentence"]
SafeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(_Entry):
    """One file of a model as it lies on disk; `parts` names its pieces inside packages."""

    name: SafeName
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int | None = Field(default=None, ge=0)
    parts: tuple[str, ...] = ()


class ModelSource(_Entry):
    """One place that has a whole model. Sources of one model may differ in files and hashes.

    `platform` is the one that its packages are built for, where they hold more than the model.
    """

    name: SafeName
    kind: Literal["http", "package", "folder"]
    files: tuple[ModelFile, ...] = Field(min_length=1)
    location: str = ""
    packages: tuple[str, ...] = ()
    platform: str = ""

    @property
    def total_bytes(self) -> int:
        """The size of all files as far as it is known."""
        return sum(file.bytes or 0 for file in self.files)


class ModelSpec(_Entry):
    """A model: `params` goes to its loader and, with the id, into the recipe of what it makes."""

    id: SafeName
    kind: Kind
    title: str
    licence: str
    params: dict[str, str | int | float | bool] = {}
    sources: tuple[ModelSource, ...] = Field(min_length=1, alias="source")


class Manifest(_Entry):
    """One model a kind."""

    models: tuple[ModelSpec, ...] = Field(alias="model")

    def get(self, model_id: str) -> ModelSpec:
        """The model of that id. Raises GazeError(MODEL_UNKNOWN)."""
        for spec in self.models:
            if spec.id == model_id:
                return spec
        raise GazeError(ErrorCode.MODEL_UNKNOWN, model_id)

    def of_kind(self, kind: Kind) -> ModelSpec:
        """The model that serves a purpose."""
        return next(spec for spec in self.models if spec.kind == kind)


def load_manifest(path: Path | None = None) -> Manifest:
    """The shipped manifest, with the kinds that `path` names replaced.

    Raises GazeError(SETTINGS_INVALID) naming what is wrong in the file.
    """
    shipped = _read(SHIPPED)
    if path is None:
        return shipped
    given = _read(path)
    replaced = {spec.kind: spec for spec in given.models}
    return Manifest(model=tuple(replaced.get(spec.kind, spec) for spec in shipped.models))


def _read(path: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors()
        )
        raise GazeError(ErrorCode.SETTINGS_INVALID, path, wrong) from error
    except (OSError, ValueError) as error:
        raise GazeError(ErrorCode.SETTINGS_INVALID, path, str(error)) from error
    kinds = [spec.kind for spec in manifest.models]
    if len(set(kinds)) < len(kinds):
        raise GazeError(ErrorCode.SETTINGS_INVALID, path, "two models of one kind")
    return manifest.model_copy(
        update={"models": tuple(_anchored(spec, path.parent) for spec in manifest.models)}
    )


def _anchored(spec: ModelSpec, folder: Path) -> ModelSpec:
    """The same model with the locations of its folder sources made absolute."""
    sources = tuple(
        source.model_copy(update={"location": str((folder / source.location).resolve())})
        if source.kind == "folder"
        else source
        for source in spec.sources
    )
    return spec.model_copy(update={"sources": sources})
