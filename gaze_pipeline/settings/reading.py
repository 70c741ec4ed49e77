"""All settings together, read from `gaze.toml` and the environment."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gaze_pipeline.channels import stages_of
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.settings.folders import nested, real
from gaze_pipeline.settings.sections import (
    ChannelSettings,
    DecodingSettings,
    DetectionSettings,
    FrameSettings,
    Library,
    ModelSettings,
    RetentionSettings,
    ScanSettings,
    SearchSettings,
    ServiceSettings,
    StorageSettings,
    SupportSettings,
    TextSettings,
    TranscriptSettings,
)
from gaze_pipeline.states import Stage
from gaze_pipeline.store.paths import DataPaths


class Settings(BaseSettings):
    """All settings, read once a process by `load`."""

    model_config = SettingsConfigDict(
        env_prefix="GAZE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    root: Path
    libraries: list[Library] = []
    channels: ChannelSettings = ChannelSettings()
    models: ModelSettings = ModelSettings()
    transcript: TranscriptSettings = TranscriptSettings()
    frames: FrameSettings = FrameSettings()
    decoding: DecodingSettings = DecodingSettings()
    detection: DetectionSettings = DetectionSettings()
    text: TextSettings = TextSettings()
    search: SearchSettings = SearchSettings()
    scan: ScanSettings = ScanSettings()
    storage: StorageSettings = StorageSettings()
    retention: RetentionSettings = RetentionSettings()
    support: SupportSettings = SupportSettings()
    services: ServiceSettings = ServiceSettings()

    @model_validator(mode="before")
    @classmethod
    def _beside_the_settings(cls, given: dict[str, Any]) -> dict[str, Any]:
        """A library's relative path in `gaze.toml` starts at the data root, where that file lies."""
        libraries = given.get("libraries")
        if not isinstance(libraries, list):
            return given
        placed = [
            {**entry, "path": Path(given["root"]) / Path(entry["path"]).expanduser()}
            if isinstance(entry, dict) and isinstance(entry.get("path"), str)
            else entry
            for entry in libraries
        ]
        return {**given, "libraries": placed}

    @model_validator(mode="after")
    def _apart(self) -> Settings:
        for one, other in combinations(self.libraries, 2):
            if one.name == other.name:
                raise ValueError(f"libraries: two are named {one.name!r}")
            if nested(one.path, other.path):
                raise ValueError(
                    f"libraries: {one.name!r} and {other.name!r} share the folder "
                    f"{max(one.path, other.path, key=lambda path: len(path.parts))}"
                )
        return self

    @property
    def paths(self) -> DataPaths:
        """The layout of the data root."""
        return DataPaths(self.root)

    @property
    def stages(self) -> frozenset[Stage]:
        """The stages that the channels in use need."""
        return stages_of(self.channels.on)

    @property
    def models_dir(self) -> Path:
        """Where model files lie."""
        return self.models.directory or self.paths.models

    def library(self, name: str) -> Library:
        """The library of that name. Raises GazeError(LIBRARY_UNKNOWN)."""
        for library in self.libraries:
            if library.name == name:
                return library
        raise GazeError(ErrorCode.LIBRARY_UNKNOWN, name)

    def covering(self, folder: Path) -> Library | None:
        """The library that already searches what lies in a folder inside its own."""
        inside = real(folder.expanduser())
        for library in self.libraries:
            if library.recursive and real(library.path) in inside.parents:
                return library
        return None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over variables, variables over `gaze.toml`."""
        del env_settings, dotenv_settings, file_secret_settings
        variables = EnvSettingsSource(settings_cls)
        # single keys only: GAZE_MODELS is a folder, not the section of that name
        variables.env_vars = {k: v for k, v in variables.env_vars.items() if "__" in k}
        file = TomlConfigSettingsSource(settings_cls, data_root() / "gaze.toml")
        return init_settings, variables, file


def data_root() -> Path:
    """The data root: `GAZE_DATA`, else `data` in the checkout (or the working folder)."""
    named = os.environ.get("GAZE_DATA")
    if named:
        return Path(os.path.abspath(Path(named).expanduser()))
    checkout = Path(__file__).resolve().parents[2]
    home = checkout if (checkout / "pyproject.toml").is_file() else Path.cwd()
    return home / "data"


def load() -> Settings:
    """Read the settings. Raises GazeError(SETTINGS_INVALID) naming each wrong key."""
    try:
        return Settings(root=data_root(), **_models_shorthand())
    except ValidationError as error:
        raise GazeError(
            ErrorCode.SETTINGS_INVALID, data_root() / "gaze.toml", complaints(error)
        ) from error
    except ValueError as error:  # not TOML at all
        raise GazeError(
            ErrorCode.SETTINGS_INVALID, data_root() / "gaze.toml", str(error)
        ) from error


def complaints(error: ValidationError) -> str:
    """Each wrong key and what is wrong with it."""
    said = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        said.append(f"{key}: {message}" if key else message)
    return "; ".join(said)


def _models_shorthand() -> dict[str, Any]:
    """`GAZE_MODELS` and `GAZE_MODEL_MIRROR`, the two variables that people type."""
    shorthand = {"directory": "GAZE_MODELS", "mirror": "GAZE_MODEL_MIRROR"}
    given = {key: os.environ[name] for key, name in shorthand.items() if os.environ.get(name)}
    return {"models": given} if given else {}
