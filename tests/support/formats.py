"""Small numbered videos in the formats that people have and browsers do not all play."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.clips import Sound, render, tone

SECONDS = 4
STEADY = list(range(0, SECONDS * 1000, 40))
UNEVEN = [at for at in STEADY if at % 200 == 0 or at > SECONDS * 500]
LATE = [5_000 + at for at in STEADY]


def _film(
    codec: str, sound: str = "aac", *, times: list[int] = STEADY, **more: Any
) -> Callable[[Path], Path]:
    start = times[0]
    heard = Sound(np.stack([tone(SECONDS)] * 2), start_ms=start, codec=sound)
    return partial(render, times_ms=times, sounds=[heard], codec=codec, **more)


QUIET = {"options": {"x265-params": "log-level=none"}}
FORMATS: dict[str, Callable[[Path], Path]] = {
    "hevc_10_bit_ac3.mkv": _film("libx265", "ac3", pixels="yuv420p10le", **QUIET),
    "hevc_turned_left.mp4": _film("libx265", turn=90.0, **QUIET),
    "h264_10_bit_alac.mov": _film("libx264", "alac", pixels="yuv420p10le"),
    "h264_pcm_24_bit.mov": _film("libx264", "pcm_s24le"),
    "h264_eac3.ts": _film("libx264", "eac3"),
    "h264_upside_down.mp4": _film("libx264", turn=180.0),
    "h264_late.mkv": _film("libx264", times=LATE),
    "h264_late.mp4": _film("libx264", times=LATE),
    "av1_late.webm": _film("libsvtav1", "libopus", times=LATE),
    "h264_uneven_flac.mkv": _film("libx264", "flac", times=UNEVEN),
    "h264_wide_pixels.mkv": _film("libx264", aspect=Fraction(4, 3)),
    "mpeg2_narrow_pixels.mpg": _film("mpeg2video", "mp2", aspect=Fraction(8, 9), ticks=25),
    "prores_4444_pcm.mov": _film("prores_ks", "pcm_s16le", pixels="yuv444p10le"),
    "mpeg4_asp_pcm.avi": _film("mpeg4", "pcm_s16le", options={"bf": "2"}),
    "mjpeg.avi": _film("mjpeg", "pcm_s16le", pixels="yuvj420p"),
    "wmv2_wma.wmv": _film("wmv2", "wmav2"),
    "av1_10_bit_opus.mp4": _film("libsvtav1", "libopus", pixels="yuv420p10le"),
    "h263.3gp": _film("h263", size=(176, 144)),
}


def make_formats(folder: Path) -> dict[str, Path]:
    """One video of each format in `folder`.

    They are made on a thread that ends: root's SVT-AV1 makes the one it is opened on a real-time thread, and
    whatever that starts would keep all other processes from the processors.
    """
    folder.mkdir()
    with ThreadPoolExecutor(1) as aside:
        return {name: aside.submit(make, folder / name).result() for name, make in FORMATS.items()}
