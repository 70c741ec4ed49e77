"""Files of many gigabytes that take next to no room: a video behind a hole."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def push_back(small: Path, large: Path, size: int) -> Path:
    """Write the MP4 `small` as `large`, its pictures, sound and index behind a hole of `size` bytes.

    Source of the boxes: ISO/IEC 14496-12. The index lies at the end, as cameras leave it, and names places
    in 64 bits.
    """
    content = small.read_bytes()
    boxes = {kind: content[start:end] for kind, start, end in _boxes(content, 0, len(content))}
    places = {kind: start for kind, start, _ in _boxes(content, 0, len(content))}
    hole = struct.pack(">I4sQ", 1, b"free", size)
    start = len(boxes[b"ftyp"]) + size
    with large.open("wb") as file:
        file.write(boxes[b"ftyp"] + hole)
        file.seek(start)
        file.write(boxes[b"mdat"] + _moved(boxes[b"moov"], start - places[b"mdat"]))
    return large


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start < end:
        size, kind = struct.unpack_from(">I4s", content, start)
        yield kind, start, start + size
        start += size


def _moved(box: bytes, by: int) -> bytes:
    """A box of the index, with all that lies at a place moved by so many bytes."""
    kind = box[4:8]
    if kind == b"stco":
        (count,) = struct.unpack_from(">I", box, 12)
        places = [place + by for place in struct.unpack_from(f">{count}I", box, 16)]
        kind, body = b"co64", box[8:16] + struct.pack(f">{count}Q", *places)
    elif kind in PARENTS:
        inner = _boxes(box, 8, len(box))
        body = b"".join(_moved(box[start:end], by) for _, start, end in inner)
    else:
        return box
    return struct.pack(">I4s", len(body) + 8, kind) + body
