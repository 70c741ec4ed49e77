"""Groups decoded side by side give the frames of a whole decoding, in order, and hold on to nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from zlib import crc32

import av
import pytest

from gaze_pipeline.media import abreast
from gaze_pipeline.media.frames import FrameSampler
from gaze_pipeline.media.geometry import Orientation
from gaze_pipeline.media.h264.units import Parser
from gaze_pipeline.media.schedule import Every
from gaze_pipeline.media.source import Source, open_source
from tests.support.films import SIZE, encoded, shown

GROUPS = "ref=1:bframes=3:b-adapt=0:keyint=15"


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The file each time that a further decoder is made from it."""
    paths: list[Path] = []

    def open_again(path: Path) -> AbstractContextManager[Source]:
        paths.append(path)
        return open_source(path)

    monkeypatch.setattr(abreast, "open_source", open_again)
    return paths


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encoded(tmp_path_factory.mktemp("film") / "film.mp4", GROUPS)


def sampled(path: Path, every: int) -> list[tuple[int, int]]:
    with FrameSampler(path, Every(every), SIZE[0]) as sampler:
        return [(frame.timestamp_ms, crc32(frame.image.tobytes())) for frame in sampler]


def working() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "decoder" in thread.name]


@pytest.mark.parametrize("every", [40, 500])
def test_groups_have_decoders_of_their_own(film: Path, opened: list[Path], every: int) -> None:
    assert sampled(film, every) == list(shown(film, every))
    assert opened == [film] * 3
    assert not working()


@pytest.mark.parametrize("steps", [1, 10])
def test_long_groups_are_decoded_by_themselves(
    film: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(abreast, "GROUP_STEPS", steps)
    assert sampled(film, 200) == list(shown(film, 200))


def test_a_single_group_needs_no_further_decoder(tmp_path: Path, opened: list[Path]) -> None:
    path = encoded(tmp_path / "film.mp4", "keyint=infinite:scenecut=0")
    assert sampled(path, 200) == list(shown(path, 200))
    assert not opened


def test_pictures_that_memory_does_not_hold_are_decoded_one_after_another(
    film: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Path]
) -> None:
    monkeypatch.setattr(abreast, "MEMORY", 100 << 20)
    assert sampled(film, 200) == list(shown(film, 200))
    assert not opened


def test_few_frames_wait(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abreast, "WAITING_BYTES", 1)
    assert sampled(film, 40) == list(shown(film, 40))


def test_each_decoder_turns_what_players_turn(tmp_path: Path, opened: list[Path]) -> None:
    path = encoded(tmp_path / "film.mp4", GROUPS, Orientation(True, flip_columns=True))
    assert sampled(path, 200) == list(shown(path, 200))
    assert opened


def test_who_stops_early_leaves_no_thread_behind(film: Path) -> None:
    with FrameSampler(film, Every(40), SIZE[0]) as sampler:
        next(iter(sampler))
        assert working()
    assert not working()


def test_a_caller_that_ends_the_work_ends_its_threads(film: Path) -> None:
    def stop(fraction: float) -> None:
        if fraction > 0.5:
            raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        FrameSampler(film, Every(40), SIZE[0], stop) as sampler,
    ):
        list(sampler)
    assert not working()


def test_a_group_that_does_not_tell_again_what_changed_does_not_stand_for_itself(
    tmp_path: Path,
) -> None:
    first, again = list(keyframes(encoded(tmp_path / "film.ts", GROUPS)))[:2]
    slices = again[again.rindex(b"\0\0\1\x65") :]
    told_in_the_stream, told_before = Parser(b""), Parser(first)
    for parser, complete in ((told_in_the_stream, False), (told_before, True)):
        for packet, expected in ((first, True), (again, True), (slices, complete)):
            parsed = parser.parse(packet, wanted=True)
            assert parsed is not None
            assert parsed.head.idr
            assert parsed.complete == expected


def keyframes(path: Path) -> Iterator[bytes]:
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.is_keyframe and packet.size:
                yield bytes(packet)
