"""Artifacts: one immutable table a stage and video, either whole or absent.

The recipe (model, parameters) that made a table is kept in its Parquet metadata; a table whose recipe
differs from the wanted one counts as absent.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.paths import DataPaths, replacing

_METADATA_KEY = b"gaze"


@dataclass(frozen=True)
class Recipe:
    """What decides a stage's result apart from the video itself."""

    model_id: str = ""
    parameters: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A short name of the recipe, equal for equal recipes."""
        text = json.dumps([self.model_id, dict(self.parameters)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class ArtifactInfo:
    """What a stored table says of itself, without reading its rows."""

    recipe: Recipe
    rows: int
    damage: str | None


class ArtifactStore:
    """Reads and writes the artifacts of one data root."""

    def __init__(self, paths: DataPaths) -> None:
        self.paths = paths

    def write(
        self,
        fingerprint: str,
        stage: Stage,
        table: pa.Table,
        recipe: Recipe,
        damage: str | None = None,
    ) -> None:
        """Store a stage's table; `damage` says why it covers only a part of the video.

        Raises GazeError(DISK_FULL), and ValueError when the table breaks the contract.
        """
        if not schemas.matches(stage, table.schema):
            raise ValueError(f"{stage}: the table does not match its schema: {table.schema}")
        note = json.dumps(
            {"model": recipe.model_id, "parameters": dict(recipe.parameters), "damage": damage},
            sort_keys=True,
        )
        _write_table(
            self.paths.artifact(fingerprint, stage),
            table.replace_schema_metadata({_METADATA_KEY: note.encode()}),
        )

    def write_facts(self, fingerprint: str, table: pa.Table) -> None:
        """Store the media facts of a video (schema `MEDIA`)."""
        if not table.schema.equals(schemas.MEDIA):
            raise ValueError(f"media facts: the table does not match its schema: {table.schema}")
        _write_table(self.paths.facts(fingerprint), table)

    def info(self, fingerprint: str, stage: Stage) -> ArtifactInfo | None:
        """What is stored for a stage, or None. A file that cannot be read counts as absent."""
        path = self.paths.artifact(fingerprint, stage)
        try:
            metadata = pq.read_metadata(path)
            note = json.loads(metadata.metadata[_METADATA_KEY])
        except FileNotFoundError:
            return None
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
            return None
        return ArtifactInfo(
            recipe=Recipe(note["model"], note["parameters"]),
            rows=metadata.num_rows,
            damage=note["damage"],
        )

    def holds(self, fingerprint: str, stage: Stage, recipe: Recipe) -> ArtifactInfo | None:
        """What is stored for a stage if that very recipe made it."""
        info = self.info(fingerprint, stage)
        return info if info is not None and info.recipe.key == recipe.key else None

    def read(
        self, fingerprint: str, stage: Stage, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """A stage's table, or only these columns of it.

        Raises GazeError(ARTIFACT_CORRUPT) when it is absent, unreadable or breaks the contract.
        """
        return _read_table(self.paths.artifact(fingerprint, stage), stage, columns)

    def read_facts(self, fingerprint: str) -> pa.Table:
        """The media facts of a video. Raises GazeError(ARTIFACT_CORRUPT)."""
        table = _read_table(self.paths.facts(fingerprint), None, None)
        for later in list(schemas.MEDIA)[table.num_columns :]:
            table = table.append_column(later, pa.nulls(table.num_rows, later.type))
        return table

    def fingerprints(self) -> Iterator[str]:
        """Every video that has a folder."""
        for folder in sorted(glob("??/*", root_dir=self.paths.artifacts)):  # they may go meanwhile
            yield Path(folder).name

    def remove(self, fingerprint: str) -> None:
        """Delete everything stored for a video."""
        shutil.rmtree(self.paths.video(fingerprint), ignore_errors=True)


def _write_table(path: Path, table: pa.Table) -> None:
    try:
        with replacing(path) as temporary:
            pq.write_table(table, temporary, compression="zstd")
    except OSError as error:
        raise disk_error(error, path) from error


def _read_table(path: Path, stage: Stage | None, columns: Sequence[str] | None) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            stored = file.schema_arrow.remove_metadata()
            sound = schemas.matches(stage, stored) if stage else schemas.are_facts(stored)
            table = file.read(columns, use_threads=False) if sound else None
    except (OSError, pa.ArrowException) as error:
        raise GazeError(ErrorCode.ARTIFACT_CORRUPT, path, str(error)) from error
    if table is None:
        raise GazeError(ErrorCode.ARTIFACT_CORRUPT, path, "its columns are not those expected")
    return table.replace_schema_metadata(None)


def disk_error(error: OSError, path: Path) -> GazeError:
    """The GazeError for a failed write."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)
    code = ErrorCode.DISK_FULL if full else ErrorCode.FILE_UNREADABLE
    return GazeError(code, path, os.strerror(error.errno) if error.errno else str(error))
