"""However a file is cut or overwritten: a GazeError or what can be kept, never a crash or a hang."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.frames import FrameSampler
from gaze_pipeline.media.probe import probe
from gaze_pipeline.media.schedule import Every
from gaze_pipeline.media.track import RATE
from tests.support.clips import number_of
from tests.support.damage import KINDS, whole_clips
from tests.support.decode import decode_audio

ALLOWED = {
    ErrorCode.FILE_EMPTY,
    ErrorCode.NOT_A_VIDEO,
    ErrorCode.FILE_DAMAGED,
    ErrorCode.CODEC_UNSUPPORTED,  # a header that is cut short may name no codec
}
SECONDS = 6


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One whole clip of every kind."""
    return whole_clips(tmp_path_factory.mktemp("whole"), seconds=SECONDS)


def examine(path: Path) -> tuple[list[tuple[int, int]], float, bool]:
    """Times and numbers of the frames, seconds of sound, and whether damage was told."""
    with refused():
        probe(path)
    frames: list[tuple[int, int]] = []
    told = False
    with refused() as refusal, FrameSampler(path, Every(500)) as sampler:
        for frame in sampler:
            frames.append((frame.timestamp_ms, number_of(frame.image)))
        told = sampler.damage is not None
    told = told or bool(refusal)
    seconds = 0.0
    with refused() as refusal:
        sound = decode_audio(path)
        seconds = len(sound.samples) / RATE
        told = told or sound.damage is not None
    return frames, seconds, told or bool(refusal)


@contextmanager
def refused() -> Iterator[list[ErrorCode]]:
    """Collects the one GazeError that may come; its code must be one a user can act on."""
    codes: list[ErrorCode] = []
    try:
        yield codes
    except GazeError as refusal:
        codes.append(refusal.code)
    assert set(codes) <= ALLOWED


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kind=st.sampled_from(sorted(KINDS)), share=st.floats(0, 0.999))
def test_cut_anywhere(whole: dict[str, Path], tmp_path: Path, kind: str, share: float) -> None:
    source = whole[kind]
    path = tmp_path / source.name
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    frames, seconds, told = examine(path)
    assert seconds <= SECONDS + 0.2
    for at, number in frames:
        assert 0 <= at - number * 40 < 40 + 510
    # Containers that promise a length are caught out when more than a second is missing.
    reached = max([seconds, *(at / 1000 for at, _ in frames)])
    if reached < SECONDS - 1.6 and kind not in ("ts", "fragmented.mp4"):
        assert told


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    places=st.lists(
        st.tuples(st.floats(0, 0.9999), st.binary(min_size=1, max_size=64)), max_size=20
    ),
)
@example(kind="flv", places=[(0.5416407014425393, b"\0" * 9 + b"\1")])  # a stream turns up half-way
def test_overwritten_anywhere(
    whole: dict[str, Path], tmp_path: Path, kind: str, places: list[tuple[float, bytes]]
) -> None:
    path = Path(shutil.copy(whole[kind], tmp_path))
    data = bytearray(path.read_bytes())
    for share, noise in places:
        start = int(len(data) * share)
        data[start : start + len(noise)] = noise
    path.write_bytes(data)
    frames, _, _ = examine(path)
    stamps = [at for at, _ in frames]
    assert stamps == sorted(set(stamps))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.sampled_from([b"", b"\x00\x00\x00\x20ftypisom", b"\x1aE\xdf\xa3", b"FLV\x01", b"ID3"]),
    noise=st.binary(max_size=4000),
    suffix=st.sampled_from([".mp4", ".mkv", ".mp3", ".ts", ".flv"]),
)
def test_noise_is_refused(tmp_path: Path, start: bytes, noise: bytes, suffix: str) -> None:
    path = tmp_path / f"noise{suffix}"
    path.write_bytes(start + noise)
    with pytest.raises(GazeError) as refusal:
        probe(path)
    assert refusal.value.code in ALLOWED


def test_whole_clips_are_not_called_damaged(whole: dict[str, Path]) -> None:
    for kind, path in whole.items():
        frames, seconds, told = examine(path)
        assert not told, kind
        assert len(frames) in (12, 13), kind
        assert abs(seconds - SECONDS) < 0.2, kind


def test_a_clock_that_is_reset_goes_on(whole: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "joined.ts"
    part = whole["ts"].read_bytes()
    path.write_bytes(part * 3)
    sound = decode_audio(path)
    assert len(sound.samples) / RATE > SECONDS * 2.5


@pytest.mark.parametrize("number", [0, 3, -1])
def test_one_bit_of_a_clock_adds_no_hours_of_silence(
    whole: dict[str, Path], tmp_path: Path, number: int
) -> None:
    data = bytearray(whole["ts"].read_bytes())
    headers = [
        found.start() for found in re.finditer(rb"\x00\x00\x01\xc0..[\x80-\x8f][\x80-\xff]", data)
    ]
    data[headers[number] + 9] ^= 0x02  # bit 30 of the PTS: 3.3 hours (ISO 13818-1, 2.4.3.7)
    path = tmp_path / "leap.ts"
    path.write_bytes(data)
    assert abs(len(decode_audio(path).samples) / RATE - SECONDS) < 1
    assert probe(path).duration_ms < SECONDS * 1000 + 1000
