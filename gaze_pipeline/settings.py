"""The settings: `gaze.toml` in the data root and `GAZE_...` variables, validated, each key documented.

The data root is `GAZE_DATA`, else the folder `data` of the checkout. `gaze.example.toml` beside this file
documents every key; it becomes the first `gaze.toml`.
"""

from __future__ import annotations

import os
import re
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import tomlkit
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gaze_pipeline.channels import Channel, stages_of
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.store.paths import DataPaths, write_whole

EXAMPLE = Path(__file__).with_name("gaze.example.toml")
DAY_S = 24 * 3600.0
VIDEO_SUFFIXES = [
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".wmv", ".asf", ".flv", ".ogv", ".gif"),
    *(".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".vob", ".3gp"),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Library(_Section):
    """A named folder of videos."""

    name: str = Field(min_length=1, max_length=64)
    path: Path
    recursive: bool = True

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return Path(os.path.abspath(path.expanduser()))


class ModelSettings(_Section):
    """Which models, where they lie, what they run on."""

    directory: Path | None = None
    manifest: Path | None = None
    mirror: str | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(default=0, ge=0, le=256)

    @field_validator("directory", "manifest")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path and Path(os.path.abspath(path.expanduser()))


class ChannelSettings(_Section):
    """What is indexed and searched."""

    speech: bool = True
    pictures: bool = True
    labels: bool = True
    text: bool = True
    meaning: bool = True

    @property
    def on(self) -> frozenset[Channel]:
        """The channels that are switched on; the meaning of what is said is none without speech."""
        chosen = {channel for channel in Channel if getattr(self, channel.value)}
        return frozenset(chosen if self.speech else chosen - {Channel.MEANING})


class TranscriptSettings(_Section):
    """How speech is written down."""

    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$")


class FrameSettings(_Section):
    """How frames are sampled."""

    every_ms: int = Field(default=2000, ge=100, le=60_000)
    thumbnail_px: int = Field(default=512, ge=320, le=1920)
    jpeg_quality: int = Field(default=85, ge=40, le=95)


class DecodingSettings(_Section):
    """What the process that opens media files may use before it is stopped."""

    memory_mb: int = Field(default=3000, ge=256, le=1_000_000)
    stall_s: float = Field(default=60.0, ge=1.0, le=3600.0)


class DetectionSettings(_Section):
    """Which detections are kept."""

    min_confidence: float = Field(default=0.4, ge=0.05, le=0.95)


class TextSettings(_Section):
    """Which text on screen is kept."""

    min_confidence: float = Field(default=0.6, ge=0.05, le=0.99)


class SearchSettings(_Section):
    """How results are joined and ranked."""

    speech_weight: float = Field(default=0.5, ge=0.0, le=1.0)
    text_weight: float = Field(default=0.5, ge=0.0, le=1.0)
    speech_window_ms: int = Field(default=2000, ge=0, le=60_000)
    visual_window_ms: int = Field(default=3000, ge=0, le=60_000)
    label_boost: float = Field(default=0.05, ge=0.0, le=1.0)
    label_boost_max: float = Field(default=0.15, ge=0.0, le=1.0)


class ScanSettings(_Section):
    """How folders are watched."""

    every_s: int = Field(default=30, ge=5, le=86_400)
    watched_every_s: int = Field(default=900, ge=5, le=86_400)
    settle_s: float = Field(default=3.0, ge=0.0, le=600.0)
    suffixes: list[str] = VIDEO_SUFFIXES


class StorageSettings(_Section):
    """How the data root's disk is used."""

    reserve_mb: int = Field(default=1000, ge=0, le=10_000_000)


class RetentionSettings(_Section):
    """How long things are kept that are of no more use; the nightly upkeep does away with them."""

    deleted_days: int = Field(default=30, ge=0, le=36_500)
    run_records_days: int = Field(default=7, ge=1, le=3650)

    @property
    def deleted_s(self) -> float:
        """How long a video that no file holds is kept, in seconds."""
        return self.deleted_days * DAY_S

    @property
    def run_records_s(self) -> float:
        """How long Dagster's records of a run are kept, in seconds."""
        return self.run_records_days * DAY_S


class SupportSettings(_Section):
    """What a user allows for the sake of a bug report."""

    log_paths: bool = False


class ServiceSettings(_Section):
    """Where the services listen, always on 127.0.0.1."""

    search_port: int = Field(default=8420, ge=1024, le=65_535)
    dagster_port: int = Field(default=8421, ge=1024, le=65_535)


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
            if _nested(_real(one.path), _real(other.path)):
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
        inside = _real(folder.expanduser())
        for library in self.libraries:
            if library.recursive and _real(library.path) in inside.parents:
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
    checkout = Path(__file__).resolve().parents[1]
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


def add_library(settings: Settings, library: Library) -> Settings:
    """Write a library into `gaze.toml`, keeping its comments.

    Raises GazeError(FILE_NOT_FOUND | LIBRARY_EXISTS | LIBRARY_NESTED).
    """
    if not library.path.is_dir():
        raise GazeError(ErrorCode.FILE_NOT_FOUND, library.path)
    for other in settings.libraries:
        if other.name == library.name or _real(other.path) == _real(library.path):
            raise GazeError(ErrorCode.LIBRARY_EXISTS, other.name, str(other.path))
        if _nested(_real(library.path), _real(other.path)):
            raise GazeError(ErrorCode.LIBRARY_NESTED, library.path, f"library {other.name}")
    document = _document(settings.paths)
    entry = tomlkit.table()
    entry.add("name", library.name)
    entry.add("path", str(library.path))
    if not library.recursive:
        entry.add("recursive", False)
    tables = document.get("libraries") or tomlkit.aot()
    tables.append(entry)
    document["libraries"] = tables
    write_whole(settings.paths.settings, tomlkit.dumps(document).encode())
    return load()


def remove_library(settings: Settings, name: str) -> Settings:
    """Take a library out of `gaze.toml`. Raises GazeError(LIBRARY_UNKNOWN)."""
    settings.library(name)
    document = _document(settings.paths)
    kept = [entry for entry in document["libraries"] if entry["name"] != name]
    tables = tomlkit.aot()
    for entry in kept:
        tables.append(entry)
    document["libraries"] = tables
    write_whole(settings.paths.settings, tomlkit.dumps(document).encode())
    return load()


def library_name(folder: Path, taken: list[str]) -> str:
    """A name for a folder's library that is not yet taken."""
    base = re.sub(r"\s+", " ", folder.name).strip()[:56] or "videos"
    names = [base, *(f"{base} {number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _real(path: Path) -> Path:
    """The folder itself, whatever links lead there; unlike `resolve`, a loop of links is no error."""
    return Path(os.path.realpath(path))


def _nested(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _document(paths: DataPaths) -> tomlkit.TOMLDocument:
    source = paths.settings if paths.settings.is_file() else EXAMPLE
    return tomlkit.parse(source.read_text(encoding="utf-8"))


def _models_shorthand() -> dict[str, Any]:
    """`GAZE_MODELS` and `GAZE_MODEL_MIRROR`, the two variables that people type."""
    shorthand = {"directory": "GAZE_MODELS", "mirror": "GAZE_MODEL_MIRROR"}
    given = {key: os.environ[name] for key, name in shorthand.items() if os.environ.get(name)}
    return {"models": given} if given else {}
