from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.library.fingerprint import EDGE_BYTES, fingerprint


@pytest.mark.parametrize("size", [1, 1000, EDGE_BYTES, 2 * EDGE_BYTES, 2 * EDGE_BYTES + 1, 10**6])
def test_is_the_documented_hash(tmp_path: Path, size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    edges = content if size <= 2 * EDGE_BYTES else content[:EDGE_BYTES] + content[-EDGE_BYTES:]
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    expected = hashlib.sha256(size.to_bytes(8, "big") + edges).hexdigest()[:16]
    assert fingerprint(path) == expected


@given(one=st.binary(min_size=1, max_size=300), other=st.binary(min_size=1, max_size=300))
def test_differs_exactly_when_the_content_differs(
    tmp_path_factory: pytest.TempPathFactory, one: bytes, other: bytes
) -> None:
    folder = tmp_path_factory.mktemp("pair")
    (folder / "one").write_bytes(one)
    (folder / "other").write_bytes(other)
    same = fingerprint(folder / "one") == fingerprint(folder / "other")
    assert same == (one == other)


def test_does_not_depend_on_the_name(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mkv"):
        (tmp_path / name).write_bytes(b"the same film")
    assert fingerprint(tmp_path / "a.mp4") == fingerprint(tmp_path / "b.mkv")


def test_names_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    for name, code in (
        ("empty.mp4", ErrorCode.FILE_EMPTY),
        ("absent.mp4", ErrorCode.FILE_NOT_FOUND),
        (".", ErrorCode.FILE_UNREADABLE),
    ):
        with pytest.raises(GazeError) as caught:
            fingerprint(tmp_path / name)
        assert caught.value.code is code
