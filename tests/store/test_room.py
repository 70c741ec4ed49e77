"""A reserve of the disk stays free."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.room import MIB, require_room, shortage


def test_room_is_what_the_disk_has_beyond_the_reserve(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path / "not" / "there" / "yet")
    require_room(paths, 0)
    free_mb = shutil.disk_usage(tmp_path).free // MIB
    assert shortage(paths, free_mb // 2) is None
    with pytest.raises(GazeError) as raised:
        require_room(paths, free_mb * 2)
    assert raised.value.code is ErrorCode.DISK_FULL
    assert f"{free_mb * 2} MiB" in raised.value.detail
