from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.synthetic import SyntheticRoot


@pytest.fixture
def root(tmp_path: Path) -> SyntheticRoot:
    return SyntheticRoot(tmp_path / "data")
