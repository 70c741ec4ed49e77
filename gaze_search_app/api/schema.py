"""What the API answers, as OpenAPI shows it. Searches answer with the engine's own `search.model`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from gaze_pipeline.health import DiskHealth, IndexHealth, LibraryHealth
from gaze_pipeline.models.installed import ModelState
from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.settings import Settings
from gaze_pipeline.states import Stage, State, Status
from gaze_search_app.problems import Problem


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Model(_Answer):
    """A model on disk. `bytes` counts what of it is there; `problem` says what it lacks."""

    id: str
    kind: Kind
    title: str
    state: ModelState
    enables: str
    variant: str | None
    bytes: int
    problem: Problem | None = None


class Models(_Answer):
    """All models of the manifest."""

    models: list[Model]


class Health(_Answer):
    """What can be searched now. `ready` is whether there is an index, every model and room on the disk."""

    ready: bool
    problems: list[Problem]
    device: str
    index: IndexHealth | None
    libraries: list[LibraryHealth]
    models: list[Model]
    disk: DiskHealth
    versions: dict[str, str]
    dagster: str = Field(description="Where the Dagster UI is: run, backfill, cancel.")


class RefusedFile(_Answer):
    """A file that could not be taken up, and why."""

    path: str
    state: State
    problem: Problem | None


class Library(_Answer):
    """A library of the settings and what is known of it."""

    name: str
    path: str
    recursive: bool
    videos: int
    duration_ms: int
    files: int
    offline: str | None
    unwatched: str | None
    scanned_age_s: float | None


class LibraryDetail(Library):
    """A library, and the files in it that hold no video that can be searched."""

    refused: list[RefusedFile]


class Libraries(_Answer):
    """All libraries, in the order of the settings."""

    libraries: list[Library]


class Scan(_Answer):
    """When a library was last looked through, in seconds since the epoch, and with what outcome."""

    library: str
    files: int
    offline: str | None
    unwatched: str | None
    scanned_at: float | None


class Facts(_Answer):
    """The facts of a video's file, upright; see `gaze_pipeline.media.facts`."""

    width: int
    height: int
    rotation: int
    fps: float
    container: str
    video_codec: str | None
    audio_codec: str | None
    audio_streams: int
    created: str | None
    camera: str | None
    place: str | None


class Video(_Answer):
    """A video: one content, wherever its files lie. `added_at` is in seconds since the epoch."""

    fingerprint: str
    title: str
    paths: list[str]
    libraries: list[str]
    duration_ms: int
    state: State
    added_at: float


class VideoDetail(Video):
    """A video with its facts (None where they are lost) and where to get what belongs to it."""

    facts: Facts | None
    file: str
    poster: str
    transcript: str
    captions: str
    job: str


class Videos(_Answer):
    """One page of videos, by title; `total` counts those of all pages."""

    videos: list[Video]
    total: int


class StageJob(_Answer):
    """How one stage of a job stands; `progress` is 0..1, `retry_at` in seconds since the epoch."""

    stage: Stage
    status: Status
    progress: float
    attempt: int
    retry_at: float | None
    problem: Problem | None


class Job(_Answer):
    """The work on one video; `id` is the video's fingerprint, `progress` 0..1.

    `cancelling` tells that a process has yet to notice that it is to stop.
    """

    id: str
    title: str
    state: State
    progress: float
    cancelling: bool
    stages: list[StageJob]


class Jobs(_Answer):
    """One page of jobs, what needs attention first; `total` counts those of all pages."""

    jobs: list[Job]
    total: int
    progress: float = Field(description="How much of all the work is done, 0..1.")


_SECTIONS: dict[str, Any] = {
    name: (field.annotation, ...)
    for name, field in Settings.model_fields.items()
    if name not in ("root", "libraries")
}

SettingsInForce = create_model(
    "SettingsInForce",
    __doc__="Every setting in force; `where` is the file to change them in.",
    where=(str, ...),
    **_SECTIONS,
)
