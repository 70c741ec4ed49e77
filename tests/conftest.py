"""Fixtures every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_MEDIA = Path(__file__).resolve().parents[2] / "shared" / "media"


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of real test media that lies beside the checkout (video/, audio/, photo/, odd/)."""
    if not SHARED_MEDIA.is_dir():
        pytest.skip("the shared test media are not beside this checkout")
    return SHARED_MEDIA
