"""What is spared is never missed: sampled frames are those of a whole decoding, bit for bit."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from av.packet import Packet
from av.stream import Stream

from gaze_pipeline.media.clock import VideoClock
from gaze_pipeline.media.frames import FrameSampler
from gaze_pipeline.media.h264.sparing import spared
from gaze_pipeline.media.reader import Reader
from gaze_pipeline.media.schedule import Every
from gaze_pipeline.media.selection import Step, select
from gaze_pipeline.media.source import open_source
from tests.support.films import SIZE, encoded, shown

EVERY = 500

ENCODED = {
    "one reference": "ref=1:bframes=3:b-pyramid=normal",
    "one reference, forgotten by themselves": "ref=1:bframes=3:b-pyramid=strict",
    "deep": "ref=1:bframes=16:b-adapt=0:b-pyramid=normal:direct=temporal:weightb=1",
    "without arithmetic coding": "ref=1:bframes=3:b-adapt=0:cabac=0:slices=3",
    "weighted": "ref=1:bframes=3:b-adapt=0:weightp=2",
    "three references": "ref=3:bframes=3:b-adapt=0",
    "no hierarchy": "ref=1:bframes=2:b-pyramid=none",
    "open groups": "ref=1:bframes=3:b-adapt=0:open-gop=1:keyint=20",
    "refreshed bit by bit": "ref=1:bframes=3:b-adapt=0:intra-refresh=1",
    "many groups": "ref=1:bframes=3:b-adapt=0:keyint=15",
    "fields": "ref=1:bframes=3:b-adapt=0:interlaced=1",
}


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [*((kind, ".mp4") for kind in ENCODED), ("one reference", ".ts"), ("many groups", ".ts")],
)
def test_frames_are_those_of_a_whole_decoding(kind: str, suffix: str, tmp_path: Path) -> None:
    path = encoded(tmp_path / f"film{suffix}", ENCODED[kind])
    with FrameSampler(path, Every(EVERY), SIZE[0]) as sampler:
        seen = [(frame.timestamp_ms, crc32(frame.image.tobytes())) for frame in sampler]
        assert sampler.damage is None
    assert seen == list(shown(path, EVERY))


def test_a_hierarchy_is_spared(tmp_path: Path) -> None:
    path = encoded(tmp_path / "film.mp4", f"{ENCODED['weighted']}:scenecut=0")
    whole, spare = steps(path, sparing=False), steps(path, sparing=True)
    referred = [step for step in whole if not step.droppable or not idle(step.packet)]
    assert sum(not step.hollow for step in spare) < 0.75 * len(referred)
    assert all(step.packet.size < 64 for step in spare if step.hollow)


def test_with_more_references_all_that_may_be_needed_is_decoded(tmp_path: Path) -> None:
    path = encoded(tmp_path / "film.mp4", ENCODED["three references"])
    spare = steps(path, sparing=True)
    assert sum(step.hollow for step in spare) < 0.1 * len(spare)


def test_damaged_headers_end_nothing(tmp_path: Path) -> None:
    path = encoded(tmp_path / "film.ts", ENCODED["one reference"])
    sound = bytearray(path.read_bytes())
    rng = np.random.default_rng(5)
    for _ in range(6):
        damaged = sound.copy()
        for at in rng.integers(2000, len(sound), 40):
            damaged[at] = rng.integers(256)
        path.write_bytes(damaged)
        with FrameSampler(path, Every(EVERY), SIZE[0]) as sampler:
            times = [frame.timestamp_ms for frame in sampler]
        assert times == sorted(set(times))
        assert times[-1] > 2000


def steps(path: Path, sparing: bool) -> list[Step[Packet[Stream]]]:
    """What is given to the decoder."""
    with open_source(path) as source:
        assert source.video is not None
        reader = Reader(source, source.video)
        clock = VideoClock(source, source.video)
        chosen = select(reader, Every(2000), clock.to_ms, hidden=0)
        return list(
            spared(chosen, source.video.codec_context.extradata or b"") if sparing else chosen
        )


def idle(packet: Packet[Stream]) -> bool:
    """Whether no other picture refers to it; the units of the films here have lengths of four bytes."""
    units = bytes(packet)
    at = 0
    while units[at + 4] & 31 not in (1, 5):
        at += 4 + int.from_bytes(units[at : at + 4])
    return not units[at + 4] & 0x60
