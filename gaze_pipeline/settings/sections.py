"""The sections of `gaze.toml`: each key with its type, its bounds and its default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gaze_pipeline.channels import Channel

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
    clips_mb: int = Field(default=2000, ge=100, le=10_000_000)


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
