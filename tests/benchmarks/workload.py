"""What is indexed: the demo's narrated films and, where they lie beside the checkout, real footage."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.demo.studio import make_library
from gaze_pipeline.media.clips import write_clip
from gaze_pipeline.media.playability import PlayMode
from gaze_pipeline.media.probe import probe
from tests.conftest import SHARED_MEDIA

REAL = (
    "dog_with_jfk_speech.mp4",
    "football_with_librispeech.mp4",
    "intel_one-by-one-person.mp4",
    "moviepy_big_buck_bunny_0_30.webm",
    "torchcodec_nasa_13013.mp4",
)
SHORT_MS = 6000


@dataclass(frozen=True)
class Workload:
    """A folder of videos and their length."""

    folder: Path
    videos: tuple[Path, ...]
    seconds: float


def mixed(folder: Path) -> Workload:
    """Speech over stills, moving camera, fixed camera, animation."""
    videos = list(make_library(folder))
    if SHARED_MEDIA.is_dir():
        videos += [
            Path(shutil.copy2(SHARED_MEDIA / "video" / name, folder / name)) for name in REAL
        ]
    return _measured(folder, videos)


def short(folder: Path, source: Path, count: int) -> Workload:
    """`count` different clips of six seconds."""
    return cut(folder, [(source, number * 700) for number in range(count)], SHORT_MS)


def cut(folder: Path, cuts: Iterable[tuple[Path, int]], length_ms: int) -> Workload:
    """Clips of one length, `000.mp4` and on, each from a video at a start in ms."""
    folder.mkdir(parents=True)
    videos = []
    for number, (source, start_ms) in enumerate(cuts):
        clip = folder / f"{number:03}.mp4"
        write_clip(source, clip, start_ms, start_ms + length_ms, PlayMode.TRANSCODE)
        videos.append(clip)
    return _measured(folder, videos)


def length_ms(video: Path) -> int:
    """How long a video is, in ms."""
    return probe(video).duration_ms


def _measured(folder: Path, videos: list[Path]) -> Workload:
    return Workload(folder, tuple(videos), sum(map(length_ms, videos)) / 1000)
