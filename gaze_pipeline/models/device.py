"""Which processor the models run on. Asks the driver itself: importing torch to learn it takes seconds."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from gaze_pipeline.errors import ErrorCode, GazeError

DeviceName = Literal["cpu", "cuda"]
AT_ONCE: Mapping[DeviceName, int] = {"cpu": 4, "cuda": 256}
"""Pictures that a network is given at once, at most: with 16, what a CPU computes no longer fits in its
caches, which took 15 % longer."""
_SHARE = 4
"""Of the free memory of a GPU, one part in so many may be taken up by one batch."""


@dataclass(frozen=True)
class Device:
    """A processor; `description` is for people."""

    name: DeviceName
    description: str


def pick(wanted: str = "auto") -> Device:
    """The processor for `auto`, `cpu` or `cuda`: the first GPU where there is one.

    Raises GazeError(SETTINGS_INVALID) where `cuda` is wanted and there is none.
    """
    gpu = None if wanted == "cpu" else _cuda()
    if gpu is not None:
        return Device("cuda", gpu)
    if wanted == "cuda":
        raise GazeError(ErrorCode.SETTINGS_INVALID, "models.device", "no CUDA device is present")
    return Device("cpu", f"{_cpu()}, {cores()} cores")


def on_gpu(wanted: str = "auto") -> bool:
    """Whether torch is to run on a GPU; it is only asked where there is one. Raises as `pick`."""
    if pick(wanted).name == "cpu":
        return False
    import torch

    return bool(torch.cuda.is_available())


def at_once(device: DeviceName, each_mb: int) -> int:
    """How many pictures to give a network at once that needs so much memory for each of them.

    On a GPU as many as its free memory has room for: others use it, too.
    """
    if device == "cpu":
        return AT_ONCE[device]
    import torch

    free, _ = torch.cuda.mem_get_info()
    return max(1, min(AT_ONCE[device], int(free) // _SHARE // (each_mb << 20)))


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _cuda() -> str | None:
    """The name and memory of the first CUDA device."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return None
    count, handle = ctypes.c_int(), ctypes.c_int()
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) or not count.value:
        return None
    if driver.cuDeviceGet(ctypes.byref(handle), 0):
        return None
    name, memory = ctypes.create_string_buffer(128), ctypes.c_size_t()
    driver.cuDeviceGetName(name, len(name), handle)
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), handle)
    return f"{name.value.decode()} ({memory.value >> 30} GiB)"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
