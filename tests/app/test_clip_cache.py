"""Converted stretches on disk."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.media.decoder import Decoder
from gaze_pipeline.media.playability import PlayMode
from gaze_pipeline.media.probe import probe
from gaze_search_app.clip_cache import ABANDONED_S, ClipCache, ClipKey

DECODER = Decoder()
ROOMY = 1_000_000_000


def _key(start_ms: int = 0, end_ms: int | None = None) -> ClipKey:
    return ClipKey("a" * 16, start_ms, end_ms, PlayMode.TRANSCODE, ".mp4")


def test_a_stretch_is_playable_and_made_once(tmp_path: Path, clip_file: Path) -> None:
    cache = ClipCache(tmp_path / "clips", DECODER, ROOMY)
    with ThreadPoolExecutor(4) as pool:
        clips = list(pool.map(lambda _: cache.clip(clip_file, _key(1000, 3000)), range(4)))
    assert len(set(clips)) == 1
    assert len(list((tmp_path / "clips").iterdir())) == 1
    assert clips[0].offset_ms == 1000
    assert probe(clips[0].path).duration_ms == pytest.approx(2000, abs=150)


def test_the_least_recently_played_goes_when_room_is_short(tmp_path: Path, clip_file: Path) -> None:
    size = (
        ClipCache(tmp_path / "one", DECODER, ROOMY)
        .clip(clip_file, _key(0, 1000))
        .path.stat()
        .st_size
    )
    cache = ClipCache(tmp_path / "clips", DECODER, limit_bytes=int(size * 2.5))
    made = [cache.clip(clip_file, _key(start, start + 1000)) for start in (0, 1000)]
    os.utime(made[1].path, (1, 1))
    latest = cache.clip(clip_file, _key(2000, 3000))
    assert (made[0].path.exists(), made[1].path.exists()) == (True, False)
    assert latest.path.exists()


def test_a_failed_conversion_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "text.mp4"
    source.write_text("not a video", encoding="utf-8")
    with pytest.raises(GazeError) as raised:
        ClipCache(tmp_path / "clips", DECODER, ROOMY).clip(source, _key())
    assert raised.value.code is ErrorCode.NOT_A_VIDEO
    assert list((tmp_path / "clips").iterdir()) == []


def test_the_drafts_of_a_killed_process_are_swept(tmp_path: Path, clip_file: Path) -> None:
    old, young = tmp_path / ".making-1.mp4", tmp_path / ".making-2.mp4"
    for draft in (old, young):
        draft.write_bytes(b"half")
    long_ago = time.time() - ABANDONED_S - 1
    os.utime(old, (long_ago, long_ago))
    ClipCache(tmp_path, DECODER, ROOMY).clip(clip_file, _key())
    assert (old.exists(), young.exists()) == (False, True)
