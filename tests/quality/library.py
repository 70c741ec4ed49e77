"""The suite's library: videos made or found, run through the real stages, published, kept.

`.artifacts/quality` holds folders of videos with their truth, and data roots. A key in their names tells what
the content depends on, so that a change of inputs makes it anew and a second run only asks.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter

from gaze_pipeline.models.manifest import load_manifest
from gaze_pipeline.settings import ChannelSettings, Library, ModelSettings, ScanSettings, Settings
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.states import Status
from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace
from tests.conftest import CHECKOUT, SHARED_MEDIA
from tests.quality import films
from tests.quality.timeline import Event

KEPT = CHECKOUT / ".artifacts" / "quality"
_EVENTS = TypeAdapter(list[Event])
_INPUTS = (
    "tests/quality/films.toml",
    "tests/quality/films.py",
    "tests/quality/shape_films.py",
    "tests/quality/slide_films.py",
    "tests/support/slides.py",
    "tests/support/slides.toml",
    "tests/support/shapes.py",
    "gaze_pipeline/demo/narrator.py",
)
_READERS = "gaze_pipeline/models/*"


@dataclass(frozen=True)
class QualityLibrary:
    """A published library and the truth about it; `footage` tells whether the shared media are part of it."""

    settings: Settings
    events: tuple[Event, ...]
    footage: bool


def prepare(models: ModelSettings, reduced: bool = False) -> QualityLibrary:
    """Make, index and publish what is not there yet. `reduced` takes a few films and no footage."""
    footage = SHARED_MEDIA.is_dir() and not reduced
    size = "few" if reduced else "all" if footage else "most"
    model = load_manifest(models.manifest).of_kind("clip").id
    made = _key(CHECKOUT / name for name in _INPUTS)
    folder = KEPT / f"{size}-films.{made}"
    root = KEPT / f"{size}-{model}.{made}-{_key(CHECKOUT.glob(_READERS))}"
    KEPT.mkdir(parents=True, exist_ok=True)
    with FileLock(KEPT / ".lock"):
        events = _films(folder, footage, reduced)
        settings = _settings(root, folder, models, footage)
        _index(Workspace.open(settings))
        _forget_others(folder, root)
    return QualityLibrary(settings, tuple(events), footage)


def _films(folder: Path, footage: bool, reduced: bool) -> list[Event]:
    truth = folder / "truth.json"
    if not truth.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        events = films.render(folder, SHARED_MEDIA if footage else None, reduced)
        truth.write_bytes(_EVENTS.dump_json(events, exclude_defaults=True))
    return _EVENTS.validate_json(truth.read_bytes())


def _settings(root: Path, folder: Path, models: ModelSettings, footage: bool) -> Settings:
    libraries = [Library(name="films", path=folder)]
    if footage:
        libraries.append(Library(name="footage", path=SHARED_MEDIA / "video"))
    return Settings(
        root=root,
        libraries=libraries,
        models=models,
        channels=ChannelSettings(),
        scan=ScanSettings(settle_s=0),
    )


def _index(workspace: Workspace) -> None:
    """Run what is not done; publish always, as the index's format may have changed since."""
    scan_libraries(workspace)
    report = index(workspace, Watcher())
    failed = [outcome for outcome in report.outcomes if outcome.status is not Status.DONE]
    if failed:
        raise RuntimeError(f"not everything could be indexed: {failed}")
    publish(workspace)


def _forget_others(*mine: Path) -> None:
    """Delete what earlier inputs made."""
    for keep in mine:
        for other in KEPT.glob(f"{keep.stem}.*"):
            if other != keep:
                shutil.rmtree(other, ignore_errors=True)


def _key(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(filter(Path.is_file, files)):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
