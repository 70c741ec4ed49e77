"""Every place under the data root, named once."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.states import Stage


@dataclass(frozen=True)
class DataPaths:
    """The layout of one data root. Several data roots can live side by side."""

    root: Path

    @property
    def settings(self) -> Path:
        """The settings file, `gaze.toml`."""
        return self.root / "gaze.toml"

    @property
    def catalog(self) -> Path:
        """The catalog (SQLite, WAL)."""
        return self.root / "catalog.sqlite"

    @property
    def artifacts(self) -> Path:
        """One folder a video, by fingerprint."""
        return self.root / "artifacts"

    @property
    def index(self) -> Path:
        """Published snapshots and their `CURRENT` pointer."""
        return self.root / "index"

    @property
    def vectors(self) -> Path:
        """The LanceDB database."""
        return self.root / "vectors"

    @property
    def clips(self) -> Path:
        """Stretches of videos that were converted to be played, named by fingerprint."""
        return self.root / "clips"

    @property
    def forgotten(self) -> Path:
        """Keyed hashes of what a user had forgotten."""
        return self.root / "forgotten"

    @property
    def models(self) -> Path:
        """Model files, unless the settings name another folder."""
        return self.root / "models"

    @property
    def logs(self) -> Path:
        """One log a service."""
        return self.root / "logs"

    @property
    def dagster_home(self) -> Path:
        """Dagster's records and its `dagster.yaml`."""
        return self.root / "dagster"

    @property
    def run(self) -> Path:
        """What lives as long as the services do: locks, the access token, addresses."""
        return self.root / "run"

    def video(self, fingerprint: str) -> Path:
        """The folder that holds a video's artifacts."""
        return self.artifacts / fingerprint[:2] / fingerprint

    def artifact(self, fingerprint: str, stage: Stage) -> Path:
        """The table a stage writes."""
        return self.video(fingerprint) / f"{stage}.parquet"

    def facts(self, fingerprint: str) -> Path:
        """The media facts, written when a video is registered."""
        return self.video(fingerprint) / "media.parquet"

    def audio(self, fingerprint: str) -> Path:
        """The speech track: 16 kHz mono FLAC, sample 0 at the start of the video."""
        return self.video(fingerprint) / "audio.flac"

    def thumbnails(self, fingerprint: str) -> Path:
        """The folder of sampled frames as JPEG, named by frame index."""
        return self.video(fingerprint) / "thumbnails"

    def thumbnail(self, fingerprint: str, frame_index: int) -> Path:
        """One sampled frame."""
        return self.thumbnails(fingerprint) / f"{frame_index:06d}.jpg"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is either whole or absent, also after a power loss."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside `path`; when the block succeeds it becomes `path`, synced.

    The temporary name carries the process id, so that a clean-up can tell a dead writer's leavings.
    """
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def version_of(files: Iterable[Path]) -> str:
    """A name for files as they are now: another when one of them is replaced, comes or goes."""
    digest = hashlib.sha256()
    for path in files:
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            digest.update(f"{path.stem} {stat.st_mtime_ns} {stat.st_size}\n".encode())
    return digest.hexdigest()[:16]


def make_folder(path: Path) -> None:
    """Create a folder with those above it, so that it is still there after a power loss."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush a file or folder to the disk; folders cannot be opened for that on Windows."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
