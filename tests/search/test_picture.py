from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_search_app.search.picture import MAX_BYTES, read_picture, views


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_pictures_of_many_kinds_are_read(form: str) -> None:
    picture = read_picture(encoded(Image.new("RGB", (60, 40), (200, 30, 30)), form))
    assert picture.shape == (40, 60, 3)
    assert abs(picture[20, 30].astype(int) - (200, 30, 30)).max() < 20


def test_a_phone_held_sideways_gives_an_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(Image.new("RGB", (60, 40)), "JPEG", exif=exif)
    assert read_picture(content).shape == (60, 40, 3)


def test_large_pictures_are_made_small_and_transparency_lies_on_black() -> None:
    assert max(read_picture(encoded(Image.new("RGB", (4000, 1000)), "PNG")).shape) == 768
    clear = read_picture(encoded(Image.new("RGBA", (50, 50), (255, 255, 255, 0)), "PNG"))
    assert clear.max() == 0


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that claims to be huge."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("content", [bomb(30_000), bomb(12_000), bytes(MAX_BYTES + 1)])
def test_what_is_too_large_is_never_decompressed(content: bytes) -> None:
    with pytest.raises(GazeError) as refused:
        read_picture(content)
    assert refused.value.code is ErrorCode.PICTURE_TOO_LARGE


@pytest.mark.parametrize("content", [b"", b"words", b"%PDF-1.4", b"\xff\xd8\xff\xe0 broken"])
def test_what_is_no_picture_has_a_code(content: bytes) -> None:
    with pytest.raises(GazeError) as refused:
        read_picture(content)
    assert refused.value.code is ErrorCode.PICTURE_UNREADABLE


@given(st.integers(1, 300), st.binary(max_size=40))
def test_damage_is_read_or_refused_but_never_crashes(cut: int, noise: bytes) -> None:
    content = encoded(
        Image.fromarray(np.arange(30_000, dtype=np.uint8).reshape(100, 100, 3)), "PNG"
    )
    try:
        assert read_picture(content[:cut] + noise + content[cut + len(noise) :]).ndim == 3
    except GazeError as refused:
        code = refused.code
    else:
        return
    assert code in (ErrorCode.PICTURE_UNREADABLE, ErrorCode.PICTURE_TOO_LARGE)


def test_views_include_the_mirror_image() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    picture = read_picture(encoded(Image.fromarray(noise), "PNG"))
    assert any(np.array_equal(view, picture[:, ::-1]) for view in views(picture))
