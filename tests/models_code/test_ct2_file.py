from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from gaze_pipeline.models.ct2_file import Ct2File

WEIGHT = np.array([[1, 2, 3], [4, 5, 6]], np.float16)


def text(value: str) -> bytes:
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def variable(name: str, kind: int, value: np.ndarray) -> bytes:
    sizes = struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape)
    return text(name) + sizes + struct.pack("<BI", kind, value.nbytes) + value.tobytes()


@pytest.fixture
def content() -> bytes:
    head = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", 3, 2)
    heads = variable("encoder/num_heads", 2, np.array(8, np.int16))
    return head + heads + variable("encoder/weight", 4, WEIGHT)


def test_variables_come_as_they_were_stored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)

    file = Ct2File(tmp_path / "model.bin")

    assert int(file.value("encoder/num_heads")) == 8
    np.testing.assert_array_equal(file.tensor("encoder/weight", 2, 3), WEIGHT)
    assert file.tensor("encoder/weight", 2, 3).dtype == np.float32
    assert "encoder/weight" in file
    assert "decoder/weight" not in file


def test_what_does_not_fit_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.bin"
    for damaged in (content[:-3], content[:5], b"\7" + content[1:]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"."):
            Ct2File(path)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="encoder/weight"):
        Ct2File(path).tensor("encoder/weight", 3, 2)
    with pytest.raises(ValueError, match="num_heads"):
        Ct2File(path).tensor("encoder/num_heads")
