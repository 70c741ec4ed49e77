"""Small models for tests: pinned like real ones, with any bytes for content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from gaze_pipeline.models.manifest import Manifest, ModelFile, ModelSource, ModelSpec


def files(contents: Mapping[str, bytes], sized: bool = True) -> tuple[ModelFile, ...]:
    """Pins for contents."""
    return tuple(
        ModelFile(
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content) if sized else None,
        )
        for name, content in contents.items()
    )


def source(contents: Mapping[str, bytes], **values: Any) -> ModelSource:
    """A source of contents; an HTTP one called `official` unless told otherwise."""
    given: dict[str, Any] = {"name": "official", "kind": "http", "files": files(contents)}
    return ModelSource(**(given | values))


def spec(*sources: ModelSource, **values: Any) -> ModelSpec:
    """A model with these sources."""
    given: dict[str, Any] = {"id": "toy", "kind": "clip", "title": "Toy", "licence": "MIT"}
    return ModelSpec(**(given | values), source=sources)


def manifest(*specs: ModelSpec) -> Manifest:
    """A manifest of these models."""
    return Manifest(model=specs)
