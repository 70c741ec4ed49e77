"""Captions are read by a real parser, whatever the transcript holds."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import pytest
import webvtt
from hypothesis import assume, given
from hypothesis import strategies as st

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_search_app.captions import CaptionFormat, Cue, captions, sequence, srt, vtt
from tests.support.synthetic import Film, Line, SyntheticRoot

WRITABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
CUES = st.lists(
    st.builds(
        lambda start, length, text: Cue(start, start + length, text),
        st.integers(0, 400_000_000),
        st.integers(-100, 10_000),
        WRITABLE | st.sampled_from(["a --> b", "<b>&amp;", "NOTE x", "WEBVTT", "STYLE", "1", ""]),
    ),
    max_size=12,
)


def parsed(text: str, form: str) -> list[webvtt.Caption]:
    return list(webvtt.from_buffer(io.BytesIO(text.encode()), form).captions)


@given(CUES)
def test_cues_never_overlap_and_lose_no_text(cues: list[Cue]) -> None:
    placed = sequence(cues)
    for before, after in pairwise(placed):
        assert before.end_ms <= after.start_ms
    assert all(cue.start_ms < cue.end_ms and cue.text for cue in placed)
    wanted = sorted(word for cue in cues for word in cue.text.split())
    assert sorted(word for cue in placed for word in cue.text.split()) == wanted


@given(CUES)
@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_a_real_parser_reads_every_cue(form: str, cues: list[Cue]) -> None:
    placed = sequence(cues)
    assume(placed or form == "vtt")  # an empty file is all that SRT has for silence
    found = parsed(srt(placed) if form == "srt" else vtt(placed), form)
    assert len(found) == len(placed)
    for cue, caption in zip(placed, found, strict=True):
        assert caption.start_in_seconds == cue.start_ms // 1000
        assert caption.end_in_seconds == cue.end_ms // 1000


def test_times_and_markup() -> None:
    cues = [Cue(3_661_001, 3_662_000, "Tom & <Jerry> --> run")]
    assert vtt(cues) == (
        "WEBVTT\n\n01:01:01.001 --> 01:01:02.000\nTom &amp; &lt;Jerry&gt; --&gt; run\n\n"
    )
    assert srt(cues) == "1\n01:01:01,001 --> 01:01:02,000\nTom & <Jerry> → run\n\n"


def test_captions_of_a_video(tmp_path: Path) -> None:
    root = SyntheticRoot(tmp_path / "data")
    root.add(Film("a" * 16, [Line(0, 1500, "Grüße, 世界"), Line(1000, 2000, "again")]))
    root.add(Film("b" * 16, ()))
    root.add(Film("c" * 16, None))
    found = parsed(captions(root.workspace.artifacts, "a" * 16, CaptionFormat.VTT), "vtt")
    assert [(c.start, c.end, c.text) for c in found] == [
        ("00:00:00.000", "00:00:01.000", "Grüße, 世界"),
        ("00:00:01.000", "00:00:02.000", "again"),
    ]
    assert captions(root.workspace.artifacts, "b" * 16, CaptionFormat.VTT) == "WEBVTT\n\n"
    with pytest.raises(GazeError) as raised:
        captions(root.workspace.artifacts, "c" * 16, CaptionFormat.SRT)
    assert raised.value.code is ErrorCode.TRANSCRIPT_MISSING
