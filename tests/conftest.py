"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from gaze_pipeline.models.fetch import pull
from gaze_pipeline.models.hub import Models
from gaze_pipeline.models.installed import ModelState, status
from gaze_pipeline.models.manifest import load_manifest
from gaze_pipeline.settings import Library, ModelSettings, ScanSettings, Settings
from gaze_pipeline.workspace import Workspace

# Only the tests of the youngest channels pay for them: they switch them on.
os.environ.update({"GAZE_CHANNELS__TEXT": "false", "GAZE_CHANNELS__MEANING": "false"})

hypothesis_settings.register_profile("gaze", deadline=None)  # timings are never asserted
hypothesis_settings.load_profile("gaze")

CHECKOUT = Path(__file__).resolve().parents[1]
SHARED_MEDIA = CHECKOUT.parent / "shared" / "media"
TEST_MODELS = CHECKOUT / ".artifacts" / "models"
TEST_MANIFEST = CHECKOUT / "tests" / "models" / "manifest.toml"


LONG = ("slow", "browser", "real_models")
LONGEST_S = 1800


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that no worker is left alone with one at the end."""
    of_file: dict[Path, int] = {}
    for item in items:
        of_file[item.path] = max(of_file.get(item.path, 0), _length(item))
    items.sort(key=lambda item: -of_file[item.path])


def _length(item: pytest.Item) -> int:
    """0 for what is fast, more for what takes long."""
    limits = [mark.args[0] for mark in item.iter_markers("timeout")]
    return 2 * (LONGEST_S in limits) or any(item.get_closest_marker(name) for name in LONG)


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of real test media that lies beside the checkout (video/, audio/, photo/, odd/)."""
    if not SHARED_MEDIA.is_dir():
        pytest.skip("the shared test media are not beside this checkout")
    return SHARED_MEDIA


@pytest.fixture(scope="session")
def test_models() -> ModelSettings:
    """The small image model and detector of tests/models, installed; Whisper where it was pulled."""
    manifest = load_manifest(TEST_MANIFEST)
    for kind in ("clip", "detector"):
        pull(manifest.of_kind(kind), TEST_MODELS)
    Models(manifest, TEST_MODELS, "cpu").clip_text()  # converted, as `gaze models pull` leaves it
    return ModelSettings(directory=TEST_MODELS, manifest=TEST_MANIFEST, device="cpu")


@pytest.fixture(scope="session")
def real_whisper(test_models: ModelSettings) -> ModelSettings:
    """The same with the real Whisper, which `make models-for-tests` pulls."""
    whisper = load_manifest(TEST_MANIFEST).of_kind("whisper")
    if status(whisper, TEST_MODELS).state is not ModelState.READY:
        reason = "Whisper is not there: make models-for-tests"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return test_models


@pytest.fixture
def open_workspace(tmp_path: Path) -> Callable[..., Workspace]:
    """Opens a fresh data root over the given library folders."""

    def opened(*folders: Path, models: ModelSettings | None = None) -> Workspace:
        settings = Settings(
            root=tmp_path / "data",
            libraries=[Library(name=folder.name, path=folder) for folder in folders],
            models=models or ModelSettings(directory=tmp_path / "no-models"),
            scan=ScanSettings(settle_s=0),
        )
        return Workspace.open(settings)

    return opened
