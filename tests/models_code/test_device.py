from __future__ import annotations

import subprocess
import sys

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models import device


def test_the_cpu_is_described() -> None:
    found = device.pick("cpu")

    assert found.name == "cpu"
    assert f"{device.cores()} cores" in found.description


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_cuda", lambda: "Imaginary GPU (8 GiB)")

    assert device.pick() == device.Device("cuda", "Imaginary GPU (8 GiB)")
    assert device.pick("cpu").name == "cpu"


def test_without_one_auto_is_the_cpu_and_cuda_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_cuda", lambda: None)

    assert device.pick().name == "cpu"
    with pytest.raises(GazeError) as caught:
        device.pick("cuda")
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


@pytest.mark.parametrize(("free_mb", "pictures"), [(200_000, 256), (6 << 10, 48), (100, 1)])
def test_a_gpu_is_given_what_it_has_room_for(
    monkeypatch: pytest.MonkeyPatch, free_mb: int, pictures: int
) -> None:
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda: (free_mb << 20, 1 << 40))

    assert device.at_once("cuda", each_mb=32) == pictures
    assert device.at_once("cpu", each_mb=32) == 4


def test_models_are_described_without_loading_their_libraries() -> None:
    code = (
        "import sys; from gaze_pipeline.models.hub import Models;"
        "from gaze_pipeline.models.manifest import load_manifest; from pathlib import Path;"
        "Models(load_manifest(), Path('none')).status();"
        "heavy = {'torch', 'torchvision', 'open_clip', 'ctranslate2', 'faster_whisper'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
