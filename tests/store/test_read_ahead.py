"""Files that a search reads here and there are in memory when it does."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from gaze_pipeline.store.read_ahead import read_ahead
from tests.support.running import until

pytestmark = pytest.mark.skipif(
    not hasattr(os, "RWF_NOWAIT"), reason="asks Linux what is in memory"
)
SIZE = 8 * 2**20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """On disk, and in no cache."""
    path = tmp_path / "vectors.lance"
    with path.open("wb") as written:
        written.write(os.urandom(SIZE))
        os.fsync(written.fileno())
        os.posix_fadvise(written.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if in_memory(path):
        pytest.skip("this file system keeps its files in memory")
    return path


def in_memory(path: Path) -> bool:
    """Whether all of a file can be read without waiting for a disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        places = range(0, SIZE, 2**16)
        return all(os.preadv(descriptor, [bytearray(1)], at, os.RWF_NOWAIT) for at in places)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return False
        pytest.skip(f"this file system does not tell: {error}")
    finally:
        os.close(descriptor)


def test_a_file_is_in_memory_soon(file: Path) -> None:
    read_ahead([file])
    until(lambda: in_memory(file), 10, "the file in memory")


def test_more_than_there_is_room_for_stays_on_disk(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2 * SIZE))
    read_ahead([file])
    assert not in_memory(file)
