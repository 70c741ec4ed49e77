"""Damaged video files, any number of them from one seed, made from small whole clips of many containers.

clips = whole_clips(folder)
for file in damaged(clips, count=1000, seed=7):
    (folder / file.name).write_bytes(file.content)
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.clips import Sound, render, tone

X265 = {"x265-params": "log-level=none", "preset": "ultrafast"}


@dataclass(frozen=True)
class Kind:
    """How a whole clip is encoded; `more` goes to `render`."""

    picture: str
    sound: str | None
    more: Mapping[str, Any] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    "mp4": Kind("libx264", "aac"),
    "fragmented.mp4": Kind(
        "libx264", "aac", {"muxer_options": {"movflags": "frag_keyframe+empty_moov"}}
    ),
    "front.mp4": Kind("libx264", "aac", {"muxer_options": {"movflags": "faststart"}}),
    "mkv": Kind("libx264", "aac"),
    "webm": Kind("libvpx", "libopus"),
    "ts": Kind("libx264", "aac"),
    "flv": Kind("flv", "aac"),
    "avi": Kind("mpeg4", "libmp3lame"),
}
"""What video files mostly are."""

RARE_KINDS: dict[str, Kind] = {
    "hevc10.mp4": Kind("libx265", "aac", {"pixels": "yuv420p10le", "options": X265}),
    "hevc.mkv": Kind("libx265", "flac", {"options": X265}),
    "vp9.webm": Kind("libvpx-vp9", "libopus", {"options": {"deadline": "realtime"}}),
    "prores.mov": Kind("prores_ks", "pcm_s16le", {"pixels": "yuv422p10le"}),
    "m2ts": Kind("libx264", "ac3", {"format_name": "mpegts"}),
    "mpg": Kind("mpeg2video", "mp2", {"format_name": "mpeg", "ticks": 25}),
    "wmv": Kind("wmv2", "libmp3lame", {"format_name": "asf"}),
    "mjpeg.avi": Kind("mjpeg", "pcm_s16le", {"pixels": "yuvj420p"}),
    "gif": Kind("gif", None, {"pixels": "rgb8"}),
}


def whole_clips(
    folder: Path, kinds: Mapping[str, Kind] = KINDS, seconds: int = 6
) -> dict[str, Path]:
    """One whole clip of each kind, 160 x 96 px at 25 fps with a tone; frame k shows the number k."""
    times = list(range(0, seconds * 1000, 40))
    return {
        name: render(
            folder / f"clip.{name}",
            times,
            [Sound(tone(seconds)[None], codec=kind.sound)] if kind.sound else [],
            codec=kind.picture,
            **kind.more,
        )
        for name, kind in kinds.items()
    }


@dataclass(frozen=True)
class DamagedFile:
    """A file as it is to be written; its name ends in what was done to it and its suffix."""

    name: str
    content: bytes


def damaged(clips: Mapping[str, Path], count: int, seed: int = 0) -> Iterator[DamagedFile]:
    """So many damaged files, the same ones for the same seed; every kind of damage comes in turn."""
    luck = random.Random(seed)
    wholes = {kind: path.read_bytes() for kind, path in clips.items()}
    suffixes = sorted({path.suffix for path in clips.values()})
    deeds = list(DEEDS.items())
    for number in range(count):
        kind = luck.choice(sorted(wholes))
        deed, damage = deeds[number % len(deeds)]
        content = damage(wholes[kind], luck, luck.choice(sorted(wholes.values())))
        suffix = Path(kind).suffix or f".{kind}"
        if deed == "suffix":
            suffix = luck.choice(suffixes)
        yield DamagedFile(f"{number:05d} {deed}{suffix}", content)


EXTREMES = [
    *(struct.pack(">I", value) for value in (0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)),
    *(struct.pack("<I", value) for value in (1, 0x00FFFFFF, 0x7FFFFFFF)),
    *(struct.pack(">H", value) for value in (0, 0xFFFF)),
    *(struct.pack(">d", value) for value in (1e300, -1.0, float("nan"), float("inf"))),
    b"\x01" + b"\xff" * 7,  # EBML: a size that is not known
    b"\x01\x00\x00\xff\xff\xff\xff\xff",  # EBML: a terabyte
]
FIELDS = [
    *(b"ftyp", b"moov", b"mvhd", b"trak", b"tkhd", b"mdhd", b"elst", b"stsd", b"stts", b"stsz", b"stsc"),
    *(b"stco", b"ctts", b"avcC", b"hvcC", b"avc1", b"mp4a", b"esds", b"moof", b"trun", b"tfhd", b"mdat"),
    *(b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\x1f\x43\xb6\x75"),
    b"\x15\x49\xa9\x66",
    *(b"\x44\x89", b"\x2a\xd7\xb1", b"\xb0\x81", b"\xba", b"\xb5\x88", b"\x9f\x81", b"\xa3", b"\xae"),
    *(b"RIFF", b"avih", b"strh", b"strf", b"movi", b"idx1", b"00dc", b"01wb", b"FLV", b"onMetaData"),
    *(b"GIF89a", b"\x21\xf9\x04", b"\x2c\x00", b"\x47\x40", b"\x00\x00\x01\xba", b"\x00\x00\x01\xe0"),
    *(b"\x00\x00\x00\x01", b"\x00\x00\x01\x67", b"\x30\x26\xb2\x75", b"\x91\x07\xdc\xb7", b"icpf"),
]  # fmt: skip


def _flip(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """Some bits of the file, or many of its head, the other way round."""
    del other
    changed = bytearray(data)
    reach = luck.choice([len(data), len(data), min(len(data), 2000)])
    for _ in range(luck.choice([1, 5, 50, 400])):
        changed[luck.randrange(reach)] ^= 1 << luck.randrange(8)
    return bytes(changed)


def _cut(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """The file up to any byte, or from any byte."""
    del other
    at = luck.randrange(len(data))
    return data[:at] if luck.random() < 0.8 else data[at:]


def _splice(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """The head of one file, the tail of another."""
    return data[: luck.randrange(len(data))] + other[luck.randrange(len(other)) :]


def _absurd(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """Numbers of the headers at their extremes: sizes, counts, dimensions, rates, durations."""
    del other
    changed = bytearray(data)
    places = [at for name in FIELDS for at in _found(data, name)]
    for _ in range(luck.choice([1, 2, 6])):
        at = luck.choice(places) + luck.choice([-4, 4, 4, luck.randrange(2, 60)])
        number = luck.choice(EXTREMES)
        changed[max(at, 0) : max(at, 0) + len(number)] = number
    return bytes(changed[: len(data)])


def _nest(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """Boxes within boxes, thousands deep, some of them larger than what holds them, then the file."""
    del other
    depth = luck.choice([10, 1000, 20_000])
    if luck.random() < 0.5:
        name = luck.choice([b"moov", b"trak", b"mdia", b"meta", b"moof"])
        sizes = [luck.choice([8 * (depth - level), 8, 0, 1, 0x7FFFFFFF]) for level in range(depth)]
        boxes = b"".join(struct.pack(">I", size) + name for size in sizes)
        return data[:32] + boxes + data[32:]
    element = luck.choice([b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\x16\x54\xae\x6b"])
    return data[:60] + (element + b"\x01" + b"\xff" * 7) * depth + data[60:]


def _zero(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """Stretches of zeros, as a failing disk leaves them."""
    del other
    changed = bytearray(data)
    for _ in range(luck.randint(1, 4)):
        at, length = luck.randrange(len(data)), luck.choice([16, 512, 4096, 16384])
        changed[at : at + length] = bytes(min(length, len(data) - at))
    return bytes(changed)


def _repeat(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """A block that comes again and again."""
    del other
    at, length = luck.randrange(len(data)), luck.choice([4, 188, 4096])
    return data[:at] + data[at : at + length] * luck.choice([2, 20, 300]) + data[at:]


def _shuffle(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """Blocks in another order."""
    del other
    size = luck.choice([512, 4096, 8192])
    blocks = [data[at : at + size] for at in range(0, len(data), size)]
    one, two = luck.randrange(len(blocks)), luck.randrange(len(blocks))
    blocks[one], blocks[two] = blocks[two], blocks[one]
    return b"".join(blocks)


def _suffix(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """The file itself, to be given another's suffix, and a tail that makes it a file of its own."""
    del other
    return data + luck.randbytes(8)


def _giant(data: bytes, luck: random.Random, other: bytes) -> bytes:
    """A small file that promises pictures or sound of an absurd size."""
    del other
    tail = data[luck.randrange(len(data)) :][:4000]
    width, height = luck.choice([(65535, 65535), (32768, 32768), (16384, 16384), (65535, 1)])
    gif = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + bytes(768)
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x08\xff" + tail
    format_ = struct.pack("<HHIIHH", 1, 65535, 0xFFFFFFFF, 0xFFFFFFFF, 65535, 32)
    wave = b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<I", len(format_)) + format_
    return luck.choice(
        [
            gif + image,
            gif + image * 2,
            f"YUV4MPEG2 W{width} H{height} F25:1 C444\nFRAME\n".encode() + tail,
            wave + b"data\xff\xff\xff\xff" + tail,
            b"DKIF" + struct.pack("<HH4sHHIIII", 0, 32, b"VP90", width, height, 25, 1, 9, 0) + tail,
        ]
    )


DEEDS: dict[str, Callable[[bytes, random.Random, bytes], bytes]] = {
    "flip": _flip,
    "cut": _cut,
    "splice": _splice,
    "absurd": _absurd,
    "nest": _nest,
    "zero": _zero,
    "repeat": _repeat,
    "shuffle": _shuffle,
    "suffix": _suffix,
    "giant": _giant,
}


def _found(data: bytes, name: bytes) -> Iterator[int]:
    at = data.find(name)
    while at >= 0:
        yield at
        at = data.find(name, at + 1)
