"""Everything that a process needs to work on one data root, opened once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gaze_pipeline.media.decoder import Decoder
from gaze_pipeline.media.worker import Limits
from gaze_pipeline.models.hub import Models
from gaze_pipeline.models.manifest import load_manifest
from gaze_pipeline.settings import Settings, load
from gaze_pipeline.store.artifacts import ArtifactStore
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.paths import DataPaths


@dataclass(frozen=True)
class Workspace:
    """Settings, catalog, artifacts, decoder and models of one data root."""

    settings: Settings

    @classmethod
    def open(cls, settings: Settings | None = None) -> Workspace:
        """The workspace of the given settings, or of those that are in force."""
        return cls(settings or load())

    @property
    def paths(self) -> DataPaths:
        """Where things lie."""
        return self.settings.paths

    @cached_property
    def catalog(self) -> Catalog:
        """Which files and videos there are, and how they stand."""
        return Catalog(self.paths.catalog, self.settings.stages)

    @cached_property
    def artifacts(self) -> ArtifactStore:
        """What the stages made."""
        return ArtifactStore(self.paths)

    @cached_property
    def decoder(self) -> Decoder:
        """What opens media files, in processes apart."""
        return Decoder(Limits(**self.settings.decoding.model_dump()))

    @cached_property
    def models(self) -> Models:
        """The models, each loaded at most once, when first used."""
        chosen = self.settings.models
        return Models(
            manifest=load_manifest(chosen.manifest),
            models_dir=self.settings.models_dir,
            device=chosen.device,
            threads=chosen.threads,
            min_confidence=self.settings.detection.min_confidence,
        )
